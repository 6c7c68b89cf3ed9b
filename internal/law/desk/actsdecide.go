package desk

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
	"pgregory.net/rapid"
)

// decisions are what people decide about users in groups.
func (m *machine) decisions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"assign": m.assign, "switch to manual": m.switchToManual, "remove manual assignments": m.removeManual, "take out": m.takeOut,
		"upload a list": m.upload, "register oneself": m.register, "exclude": m.exclude, "readmit": m.readmit,
	}
}

// whom draws whom an act in a group is about, on both sides.
func (m *machine) whom(t *rapid.T, in groups.GroupID) (whom, admin.Whom) {
	var assigned whom
	for _, id := range userIDs {
		if m.page.groups[in].at(id).Assignment != nil {
			assigned.ids = append(assigned.ids, id)
		}
	}
	switch n := rapid.IntRange(0, 99).Draw(t, "whom"); {
	case n > 60 && len(assigned.ids) > 0:
		return assigned, admin.Users(assigned.ids...)
	case n < 15:
		id := draw(t, "of group", groupIDs...)
		return whom{group: id}, admin.InGroup(id)
	case n < 30:
		w := whom{unit: draw(t, "of unit", append(unitIDs, "z")...), below: rapid.Bool().Draw(t, "and below")}
		return w, admin.InUnit{Tree: branch, Unit: w.unit, OrBelow: w.below}
	}
	w := whom{ids: rapid.SliceOfN(rapid.SampledFrom(append(slices.Clone(userIDs), stranger)), 1, 3).Draw(t, "users")}
	return w, admin.Users(w.ids...)
}

// reported compares what an act reports.
func (m *machine) reported(r *admin.Report, err error, want []outcome, refused error) {
	m.same(err, refused)
	if err != nil || m.err != nil {
		return
	}
	got := []outcome{}
	for _, o := range r.Outcomes {
		if o.Code == admin.NoSuchUser || o.Code == admin.Repeated {
			o.Method = groups.Outside
		}
		got = append(got, outcome{o.User, o.Code, o.Method})
	}
	if want == nil {
		want = []outcome{}
	}
	m.check(differ("the outcomes are others", want, got))
}

func (m *machine) terms(t *rapid.T) admin.Terms {
	terms := admin.Terms{Replace: chance(t, "replaces", 30), Why: draw(t, "why", "", "because"), Approver: draw(t, "approver", "", "board")}
	if chance(t, "ends", 50) {
		terms.Until = m.page.now.Add(time.Duration(draw(t, "hours", 1, 24, 24*10)) * time.Hour)
	}
	return terms
}

func (m *machine) assign(t *rapid.T) {
	e, id, terms := m.editor(t), m.group(t), m.terms(t)
	w, named := m.whom(t, id)
	r, err := m.office.Assign(background, e.Actor, id, named, terms)
	want, refused := m.page.assign(id, w, e.By, terms, false)
	m.reported(r, err, want, refused)
}

func (m *machine) switchToManual(t *rapid.T) {
	e, id, terms := m.editor(t), m.group(t), m.terms(t)
	w, named := m.whom(t, id)
	r, err := m.office.SwitchToManual(background, e.Actor, id, named, terms)
	want, refused := m.page.assign(id, w, e.By, terms, true)
	m.reported(r, err, want, refused)
}

func (m *machine) removeManual(t *rapid.T) {
	e, id := m.editor(t), m.group(t)
	w, named := m.whom(t, id)
	r, err := m.office.RemoveManual(background, e.Actor, id, named)
	want, refused := m.page.removeManual(id, w, e.By)
	m.reported(r, err, want, refused)
}

func (m *machine) takeOut(t *rapid.T) {
	e, id := m.editor(t), m.group(t)
	w, named := m.whom(t, id)
	r, err := m.office.TakeOut(background, e.Actor, id, named)
	want, refused := m.page.takeOut(id, w, e.By)
	m.reported(r, err, want, refused)
}

// upload assigns those whom a file of one column names.
func (m *machine) upload(t *rapid.T) {
	e, id, w := m.editor(t), m.group(t), whom{csv: true}
	var b strings.Builder
	for range rapid.IntRange(1, 4).Draw(t, "rows") {
		w.ids = append(w.ids, draw(t, "row", append(slices.Clone(userIDs), stranger)...))
		fmt.Fprintln(&b, w.ids[len(w.ids)-1])
	}
	list, err := admin.ReadUserList(bytes.NewReader([]byte(b.String())), &admin.UserList{By: admin.ByID})
	if m.check(err); err != nil {
		return
	}
	r, err := m.office.Assign(background, e.Actor, id, list, admin.Terms{})
	want, refused := m.page.assign(id, w, e.By, admin.Terms{}, false)
	m.reported(r, err, want, refused)
}

func (m *machine) register(t *rapid.T) {
	id, u := m.group(t), m.somebody(t).ID
	_, err := m.office.ev.Assign(background, id, groups.Decision{By: string(u)}, u)
	m.same(err, m.page.register(id, u))
}

func (m *machine) exclude(t *rapid.T) {
	e, id, replace := m.editor(t), m.group(t), rapid.Bool().Draw(t, "replaces")
	users := m.some(t)
	_, err := m.office.ev.Exclude(background, id, groups.Decision{By: e.By, Replace: replace}, users...)
	m.same(err, m.page.exclude(id, e.By, replace, users...))
}

func (m *machine) readmit(t *rapid.T) {
	e, id, users := m.editor(t), m.group(t), m.some(t)
	_, err := m.office.ev.Readmit(background, id, e.By, users...)
	m.same(err, m.page.readmit(id, e.By, users...))
}

// some draws users, who need not be in the directory.
func (m *machine) some(t *rapid.T) []groups.UserID {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(append(slices.Clone(userIDs), stranger)), 1, 2, rapid.ID[groups.UserID]).Draw(t, "users")
}
