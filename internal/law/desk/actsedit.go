package desk

import (
	"fmt"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
	"pgregory.net/rapid"
)

// edits are what administrators do to groups. Each edits what they read last, be it old.
func (m *machine) edits() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"read the groups": m.read, "create a group": m.create, "save an edit": m.saveEdit, "edit a rule": m.editRule,
		"rewrite a rule": m.rewrite,
		"activate":       m.activate, "inactivate": m.inactivate, "adopt": m.adopt, "freeze": m.freeze, "unfreeze": m.unfreeze,
		"transfer": m.transfer, "duplicate": m.duplicate, "delete a group": m.remove,
	}
}

// open has an editor read all groups.
func (m *machine) open(e *editor) {
	clear(e.read)
	all, err := collect(m.office.store.Groups(background))
	m.check(err)
	for _, g := range all {
		g.State = groups.State{}
		e.read[g.ID] = g
	}
}

func (m *machine) read(t *rapid.T) { m.open(m.editor(t)) }

// opened draws an editor, and a group as they read it: mostly just now, sometimes a while ago.
func (m *machine) opened(t *rapid.T) (*editor, groups.Group) {
	e := m.editor(t)
	if chance(t, "reads it again", 70) {
		m.open(e)
	}
	id := m.group(t)
	g, has := e.read[id]
	if !has {
		t.Skip("the editor has not seen the group")
	}
	return e, g
}

func (m *machine) create(t *rapid.T) {
	e, g := m.editor(t), newGroup(t, draw(t, "new group", groupIDs...))
	if chance(t, "no name", 5) {
		g.Name = ""
	}
	_, _, err := m.office.Create(background, e.Actor, g)
	if g.Owner == "" {
		g.Owner = e.By
	}
	m.same(err, m.page.edit(e.Actor, g, nil))
}

// redrawn is a definition with another one of its parts.
func redrawn(t *rapid.T, g groups.Group) groups.Group {
	switch draw(t, "what", "name", "description", "policy", "parent", "zone", "rule") {
	case "name":
		g.Name = draw(t, "name", "one", "another", "")
	case "description":
		g.Description += "."
	case "policy":
		g.Deactivated = draw(t, "policy", groups.Keep, groups.DropAutomatic, groups.DropAll)
	case "parent":
		g.Parent = draw(t, "parent", append(groupIDs, "")...)
	case "zone":
		g.Zone = draw(t, "zone", "", "UTC")
	case "rule":
		g.Criteria = criteria(t)
	}
	return g
}

func (m *machine) saveEdit(t *rapid.T) {
	e, g := m.opened(t)
	m.save(e, redrawn(t, g))
}

func (m *machine) editRule(t *rapid.T) {
	e, g := m.opened(t)
	if g.Criteria = criteria(t); chance(t, "kind too", 5) {
		g.Kind = groups.AutomaticGroup - g.Kind
	}
	m.save(e, g)
}

// rewrite saves one rule after the other, more often than versions are kept.
func (m *machine) rewrite(t *rapid.T) {
	e, g := m.opened(t)
	for n := range rapid.IntRange(2, 7).Draw(t, "times") {
		if read, has := e.read[g.ID]; has && m.err == nil {
			m.mark()
			read.Criteria = groups.AnySets(groups.All(dept.Is("sales", fmt.Sprint(n))))
			m.save(e, read)
		}
	}
}

func (m *machine) save(e *editor, g groups.Group) {
	saved, _, err := m.office.Save(background, e.Actor, g, "")
	if m.same(err, m.page.edit(e.Actor, g, nil)); err == nil {
		saved.State = groups.State{}
		e.read[g.ID] = saved
	}
}

// alter is an act of the desk that edits one thing.
func (m *machine) alter(t *rapid.T, do func(*editor, groups.GroupID, uint64) error, change func(*groups.Group)) {
	e, g := m.opened(t)
	m.same(do(e, g.ID, g.Revision), m.page.alter(e.Actor, g.ID, g.Revision, change))
}

func (m *machine) activate(t *rapid.T) {
	m.alter(t, func(e *editor, id groups.GroupID, revision uint64) error {
		_, err := m.office.Activate(background, e.Actor, id, revision)
		return err
	}, func(g *groups.Group) { g.Status = groups.Active })
}

func (m *machine) inactivate(t *rapid.T) {
	m.alter(t, func(e *editor, id groups.GroupID, revision uint64) error {
		_, err := m.office.Inactivate(background, e.Actor, id, revision)
		return err
	}, func(g *groups.Group) { g.Status = groups.Inactive })
}

func (m *machine) transfer(t *rapid.T) {
	to := draw(t, "new owner", owners...)
	m.alter(t, func(e *editor, id groups.GroupID, revision uint64) error {
		_, err := m.office.Transfer(background, e.Actor, id, revision, to)
		return err
	}, func(g *groups.Group) { g.Owner = to })
}

func (m *machine) adopt(t *rapid.T) {
	e, g := m.opened(t)
	_, err := m.office.ev.Adopt(background, g.ID, g.Revision, e.By)
	m.same(err, m.page.adopt(e.By, g.ID, g.Revision))
}

func (m *machine) freeze(t *rapid.T) {
	e, g := m.opened(t)
	_, err := m.office.Freeze(background, e.Actor, g.ID, g.Revision)
	m.same(err, m.page.freeze(e.By, g.ID, g.Revision, true))
}

func (m *machine) unfreeze(t *rapid.T) {
	e, g := m.opened(t)
	for id, frozen := range m.page.groups {
		if read, has := e.read[id]; has && frozen.Frozen {
			g = read
		}
	}
	_, err := m.office.Unfreeze(background, e.Actor, g.ID, g.Revision)
	m.same(err, m.page.freeze(e.By, g.ID, g.Revision, false))
}

func (m *machine) duplicate(t *rapid.T) {
	e, source := m.editor(t), m.group(t)
	as := groups.Group{ID: draw(t, "copy", groupIDs...), Name: fmt.Sprintf("copy of %s", source), Owner: draw(t, "owner of the copy", owners...)}
	what := admin.Duplication{Users: rapid.Bool().Draw(t, "users"), Conditions: rapid.Bool().Draw(t, "conditions")}
	_, _, err := m.office.Duplicate(background, e.Actor, source, as, what)
	m.same(err, m.page.duplicate(e.Actor, source, as, what))
}

func (m *machine) remove(t *rapid.T) {
	e, g := m.opened(t)
	_, err := m.office.Delete(background, e.Actor, g.ID, g.Revision)
	m.same(err, m.page.remove(e.By, g.ID, g.Revision))
}
