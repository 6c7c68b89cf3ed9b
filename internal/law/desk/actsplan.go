package desk

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
	"pgregory.net/rapid"
)

// shown is a preview that somebody keeps, in its durable form.
type shown struct {
	data []byte
	page *plan
}

// holding is a held plan that somebody keeps.
type holding struct {
	data []byte
	page approval
}

// plannings are what administrators do with previews, drafts and held plans.
func (m *machine) plannings() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"preview": m.preview, "preview another kind": m.previewKind, "preview a schedule": m.previewSchedule, "restore a version": m.restore,
		"publish": m.publish, "preview and publish": m.previewAndPublish, "save with a preview": m.saveShown,
		"save a draft": m.saveDraft, "save a draft again": m.saveDraftAgain, "publish a draft": m.publishDraft,
		"discard a draft": m.discardDraft, "rebase a draft": m.rebaseDraft,
		"approve": m.approve, "a draft is overtaken": m.overtake,
	}
}

// foresee previews an edit on both sides and keeps what was shown.
func (m *machine) foresee(g groups.Group, members groups.CurrentMembers) {
	p, err := m.office.ev.Preview(background, g, &groups.PreviewOptions{Members: members})
	want, refused := m.page.foresee(g, members)
	if m.same(err, refused); err != nil {
		return
	}
	m.keep(p, want)
	if members == groups.MembersUnsaid {
		tally, err := m.office.ev.Count(background, g)
		m.check(err)
		m.check(differ("the live number is another one", p.Diff.Population, tally.Population))
	}
}

func (m *machine) keep(p *groups.Plan, want *plan) {
	if m.err != nil {
		return
	}
	got := diffFates(append([]groups.Diff{p.Diff}, p.Others...))
	for _, k := range p.Kept {
		got[place{p.Group.ID, k.User}] = fate{k.Method, k.Method, got[place{p.Group.ID, k.User}].Undecided}
	}
	m.check(differ("something else is shown", lines(want.fates), lines(got)))
	m.plans = append(m.plans, shown{[]byte(text(p)), want})
}

func (m *machine) preview(t *rapid.T) {
	_, g := m.opened(t)
	m.foresee(redrawn(t, g), groups.MembersUnsaid)
}

func (m *machine) previewKind(t *rapid.T) {
	_, g := m.opened(t)
	if g.Kind = groups.AutomaticGroup - g.Kind; len(g.Criteria.Sets) == 0 {
		g.Criteria = criteria(t)
	}
	m.foresee(g, draw(t, "members", groups.MembersAssigned, groups.MembersAssigned, groups.MembersDropped, groups.MembersUnsaid))
}

func (m *machine) previewSchedule(t *rapid.T) {
	_, g := m.opened(t)
	if g.Schedule = daily; chance(t, "no schedule", 50) {
		g.Schedule = groups.Schedule{}
	}
	m.foresee(g, groups.MembersUnsaid)
}

func (m *machine) restore(t *rapid.T) {
	e, id := m.editor(t), m.group(t)
	g := m.page.groups[id]
	if len(g.versions) == 0 {
		t.Skip("no version")
	}
	v := pick(t, "version", g.versions)
	next := g.Group
	was, err := groups.ParseCriteria([]byte(v.Criteria), nil)
	m.check(err)
	next.Criteria = was
	p, err := m.office.Restore(background, e.Actor, id, v.Revision)
	if err == nil {
		m.check(differ("another version is restored", anonymised(v.Criteria), anonymised(text(p.Group.Criteria))))
		next.Criteria = p.Group.Criteria // with the alias of those who were forgotten
	}
	want, refused := m.page.foresee(next, groups.MembersUnsaid)
	if m.same(err, refused); err == nil {
		m.keep(p, want)
	}
}

// kept draws a preview that somebody keeps, often the last one.
func (m *machine) kept(t *rapid.T) (s shown, p *groups.Plan) {
	if len(m.plans) == 0 {
		t.Skip("nothing was previewed")
	}
	if s = m.plans[len(m.plans)-1]; chance(t, "an older one", 40) {
		s = pick(t, "plan", m.plans)
	}
	m.check(json.Unmarshal(s.data, &p))
	return s, p
}

func (m *machine) publish(t *rapid.T) {
	e := m.editor(t)
	s, p := m.kept(t)
	if chance(t, "tampered with", 5) {
		p.Group.Name += "!"
		forged := *s.page
		forged.forged, s.page = true, &forged
	}
	_, err := m.office.Publish(background, e.Actor, p)
	m.same(err, m.page.publish(e.Actor, s.page))
}

func (m *machine) previewAndPublish(t *rapid.T) {
	n := len(m.plans)
	pick(t, "what is previewed", []func(*rapid.T){m.preview, m.preview, m.preview, m.previewKind, m.previewSchedule})(t)
	if len(m.plans) > n && m.err == nil {
		s := m.plans[n]
		var p *groups.Plan
		m.check(json.Unmarshal(s.data, &p))
		e := m.editor(t)
		m.mark()
		_, err := m.office.Publish(background, e.Actor, p)
		m.same(err, m.page.publish(e.Actor, s.page))
	}
}

// saveShown saves an edit with the ID of its preview.
func (m *machine) saveShown(t *rapid.T) {
	e := m.editor(t)
	s, p := m.kept(t)
	if s.page.members != groups.MembersUnsaid {
		t.Skip("a change of kind")
	}
	_, _, err := m.office.Save(background, e.Actor, p.Group, p.ID)
	m.same(err, m.page.edit(e.Actor, s.page.group, s.page))
}

func (m *machine) saveDraft(t *rapid.T) {
	e, g := m.opened(t)
	g.Criteria = criteria(t)
	m.named++
	d := admin.Draft{ID: fmt.Sprintf("d%d", m.named), Group: g}
	if live := slices.Sorted(maps.Keys(m.page.groups[g.ID].drafts)); len(live) > 0 && chance(t, "a name that is taken", 10) {
		d.ID = pick(t, "name", live)
	}
	m.keepDraft(e, d)
}

func (m *machine) keepDraft(e *editor, d admin.Draft) {
	saved, err := m.office.SaveDraft(background, e.Actor, d)
	if m.same(err, m.page.saveDraft(e.By, d)); err == nil {
		m.drafts = append(m.drafts, saved)
	}
}

// draft draws a draft as somebody read it, mostly just now.
func (m *machine) draft(t *rapid.T) admin.Draft {
	if chance(t, "reads the drafts", 70) {
		list, err := m.office.Drafts(background, "")
		if m.check(err); len(list) > 0 {
			m.drafts = append(m.drafts, list...)
			return pick(t, "draft", list)
		}
	}
	if len(m.drafts) == 0 {
		t.Skip("no draft")
	}
	return pick(t, "draft", m.drafts)
}

func (m *machine) saveDraftAgain(t *rapid.T) {
	e, d := m.editor(t), m.draft(t)
	d.Group.Criteria = criteria(t)
	m.keepDraft(e, d)
}

func (m *machine) publishDraft(t *rapid.T) {
	e, d := m.editor(t), m.draft(t)
	p, err := m.office.ev.Preview(background, d.Group, nil)
	want, refused := m.page.foresee(d.Group, groups.MembersUnsaid)
	if m.same(err, refused); err != nil || m.err != nil {
		return
	}
	m.keep(p, want)
	if chance(t, "a preview of something else", 10) {
		s, other := m.kept(t)
		p, want = other, s.page
	}
	_, err = m.office.PublishDraft(background, e.Actor, d, p)
	m.same(err, m.page.publishDraft(e.Actor, d, want))
}

func (m *machine) discardDraft(t *rapid.T) {
	m.discard(m.editor(t), m.draft(t))
}

func (m *machine) discard(e *editor, d admin.Draft) {
	m.same(m.office.DiscardDraft(background, e.Actor, d), m.page.discardDraft(e.By, d))
}

func (m *machine) rebaseDraft(t *rapid.T) {
	m.rebase(m.editor(t), m.draft(t))
}

func (m *machine) rebase(e *editor, d admin.Draft) {
	rebased, err := m.office.RebaseDraft(background, e.Actor, d)
	if m.same(err, m.page.rebaseDraft(e.By, d)); err == nil {
		m.drafts = append(m.drafts, rebased)
	}
}

// overtake has one editor save a group of which another one has just saved a draft.
func (m *machine) overtake(t *rapid.T) {
	m.saveDraft(t)
	if n := len(m.drafts); n > 0 && m.err == nil {
		d, other := m.drafts[n-1], m.editor(t)
		m.open(other)
		if g, there := other.read[d.Group.ID]; there {
			m.mark()
			m.save(other, redrawn(t, g))
			m.after(t, d)
		}
	}
}

// after is what becomes of a draft whose group may have been saved meanwhile.
func (m *machine) after(t *rapid.T, d admin.Draft) {
	if m.err != nil {
		return
	}
	m.mark()
	pick(t, "and then", []func(*editor, admin.Draft){m.rebase, m.discard})(m.editor(t), d)
}

// keepHeld keeps what is shown as held, for somebody to approve in time or too late.
func (m *machine) keepHeld(p *groups.Plan) {
	g := m.page.groups[p.Group.ID]
	if g == nil || g.held == nil || slices.ContainsFunc(m.holds, func(h holding) bool { return h.page.id == p.ID }) {
		return
	}
	m.holds = append(m.holds, holding{[]byte(text(p)), approval{p.ID, p.Group.ID, *g.held}})
}

func (m *machine) approve(t *rapid.T) {
	if len(m.holds) == 0 {
		t.Skip("nothing was held")
	}
	h, e := pick(t, "held plan", m.holds), m.editor(t)
	var p *groups.Plan
	m.check(json.Unmarshal(h.data, &p))
	_, err := m.office.ev.Approve(background, p, e.By)
	m.same(err, m.page.approve(e.By, h.page))
	if chance(t, "twice", 30) && err == nil && m.err == nil {
		_, err := m.office.ev.Approve(background, p, e.By)
		m.same(err, m.page.approve(e.By, h.page))
	}
}

// newcomer is in every file, and in nothing else.
const newcomer = "u9"

// file is a file of people that was read and looked at, and not imported yet.
type file struct {
	plan     *groups.ImportPlan
	report   report
	version  int
	objected bool
}

// imported is the page with what a file says of the people.
func (p *page) imported(c groups.PeopleChange) (*page, report) {
	next := p.clone()
	for _, u := range c.Upsert {
		next.users[u.ID] = u
	}
	for _, id := range c.Remove {
		delete(next.users, id)
	}
	return next, next.process()
}

func (m *machine) plan(t *rapid.T) {
	var b strings.Builder
	b.WriteString("id,dept\n")
	missing := draw(t, "missing users", groups.KeepMissing, groups.RemoveMissing, groups.RemoveMissing)
	kept := draw(t, "percent in the file", 100, 80, 30)
	lost, want := 0, map[groups.UserID]bool{newcomer: true}
	for _, id := range userIDs {
		_, known := m.page.users[id]
		switch {
		case chance(t, "is in the file", kept):
			want[id] = true
			fmt.Fprintf(&b, "%s,%s\n", id, draw(t, "department", depts...))
		case known && missing == groups.RemoveMissing:
			lost++
		case known:
			want[id] = true
		}
	}
	read, err := groups.ReadPeopleCSV(strings.NewReader(b.String()+newcomer+",\n"), &groups.PeopleCSV{
		Key: "id", Fields: []groups.CSVField{{Field: groups.Field{Name: string(dept), Type: groups.TypeText}}}, Missing: missing,
		Format: groups.CSVFormat{Delimiter: ','},
	})
	if m.check(err); err != nil {
		return
	}
	p, err := m.office.ev.PlanImport(background, read)
	if m.check(err); err != nil {
		return
	}
	next, r := m.page.imported(p.People)
	got := map[groups.UserID]bool{}
	for id := range next.users {
		got[id] = true
	}
	m.check(differ("others would be there after a file", want, got))
	m.check(differ("something else is shown of a file", lines(r.now), lines(diffFates(p.Run.Diffs))))
	objected := lost >= mostMissing && 2*lost >= len(m.page.users)
	m.check(differ("the file is objected to", objected, len(p.Objections) > 0))
	m.files = append(m.files, file{p, r, m.version, objected})
}

func (m *machine) importFile(t *rapid.T) {
	if len(m.files) == 0 || chance(t, "a new one", 70) {
		m.plan(t)
	}
	if m.err != nil {
		return
	}
	f, e := m.files[len(m.files)-1], m.editor(t)
	if chance(t, "an older one", 20) {
		f = pick(t, "file", m.files)
	}
	do, why, despite := "import", "", f.objected && chance(t, "whatever the guard says", 40)
	var err error
	if despite {
		do, why = "override", "it is right"
		_, err = m.office.ev.ImportDespite(background, f.plan, e.By, why)
	} else {
		_, err = m.office.ev.Import(background, f.plan, e.By)
	}
	next, r := m.page.imported(f.plan.People)
	switch {
	case f.objected && !despite && !m.page.wrong(FilesAreAlwaysImported):
		m.same(err, groups.ErrFeed)
	case !maps.Equal(r.now, f.report.now) || !maps.Equal(r.held, f.report.held):
		m.same(err, groups.ErrStale)
	case f.version != m.version:
		m.same(err, groups.ErrConflict)
	default:
		if m.same(err, nil); err == nil {
			next.write(do, "", "", e.By, why)
			if *m.page = *next; !nothing(f.plan.People) {
				m.version++
			}
		}
	}
}

func nothing(c groups.PeopleChange) bool {
	return c.Schema == nil && len(c.Upsert)+len(c.Deactivate)+len(c.Remove)+len(c.Trees) == 0
}
