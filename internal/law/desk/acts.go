package desk

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
	"pgregory.net/rapid"
)

// acts are all that people do, and what happens to them.
func (m *machine) acts() map[string]func(*rapid.T) {
	all := map[string]func(*rapid.T){}
	for _, some := range []map[string]func(*rapid.T){m.happenings(), m.edits(), m.plannings(), m.decisions()} {
		maps.Copy(all, some)
	}
	return all
}

// happenings are what happens to people and with time; the host tells of it.
func (m *machine) happenings() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"somebody comes, or is another": m.come, "somebody goes": m.leave, "somebody is deleted": m.deleteUser,
		"deactivate or reactivate": m.activation, "change a department": m.department, "change a manager": m.manager,
		"record an enrollment": m.enroll, "move a unit": m.moveUnit, "a department moves": m.reorganize,
		"an owner has to do with others": m.scope, "time passes": m.tick, "process": m.process, "process one": m.processOne,
		"forget": m.forget, "read a file of people": m.plan, "import a file of people": m.importFile,
	}
}

// happened tells the office what changed, and brings the page up to date.
func (m *machine) happened(touched groups.Touched) {
	_, err := m.office.ev.Changed(background, touched)
	m.same(err, nil)
	m.page.process()
}

// put replaces people, or adds them.
func (m *machine) put(users ...groups.User) {
	var touched groups.Touched
	for _, u := range users {
		m.page.users[u.ID] = u
		touched.Users = append(touched.Users, u.ID)
	}
	if len(users) > 0 {
		m.version++
	}
	m.check(m.office.people.Write(background, groups.PeopleChange{Upsert: users}))
	m.happened(touched)
}

// somebody draws a user of the directory.
func (m *machine) somebody(t *rapid.T) groups.User {
	if len(m.page.users) == 0 {
		t.Skip("nobody is left")
	}
	return m.page.users[draw(t, "who", slices.Sorted(maps.Keys(m.page.users))...)]
}

func (m *machine) come(t *rapid.T) { m.put(someone(t, draw(t, "who comes", userIDs...), m.page.now)) }

func (m *machine) leave(t *rapid.T) {
	who := m.somebody(t).ID
	delete(m.page.users, who)
	m.version++
	m.check(m.office.people.Write(background, groups.PeopleChange{Remove: []groups.UserID{who}}))
	m.happened(groups.Touched{Users: []groups.UserID{who}})
}

// deleteUser has an administrator delete a user, unless they are somebody's manager.
func (m *machine) deleteUser(t *rapid.T) {
	who, e := m.somebody(t).ID, m.editor(t)
	var want error
	for _, u := range m.page.users {
		if boss, known := u.Manager.ID(); known && boss == who && u.ID != who {
			want = admin.ErrManager
		}
	}
	_, err := m.office.DeleteUser(background, e.Actor, who)
	if m.same(err, want); want == nil {
		m.version++
		delete(m.page.users, who)
		m.page.write("deleteUser", "", who, e.By, "")
		m.page.process()
	}
}

func (m *machine) activation(t *rapid.T) {
	u := m.somebody(t)
	u.Activation = draw(t, "activation", groups.Activated, groups.Deactivated, groups.Deactivated, groups.ActivationUnknown)
	m.put(u)
}

func (m *machine) department(t *rapid.T) {
	u := m.somebody(t)
	u.Fields = maps.Clone(u.Fields)
	if u.Fields[string(dept)] = department(t); u.Fields[string(dept)].IsUnknown() {
		delete(u.Fields, string(dept))
	}
	m.put(u)
}

func (m *machine) manager(t *rapid.T) {
	u := m.somebody(t)
	u.Manager = manager(t, u.ID)
	m.put(u)
}

func (m *machine) enroll(t *rapid.T) {
	u := m.somebody(t)
	u.Enrollments = enrollments(t)
	m.version++
	m.page.users[u.ID] = u
	m.check(m.office.people.Write(background, groups.PeopleChange{Upsert: []groups.User{u}}))
	m.happened(groups.Touched{Enrollments: []groups.UserID{u.ID}})
}

// reorganize changes everybody at once, as a feed does.
func (m *machine) reorganize(t *rapid.T) {
	to := draw(t, "new department", groups.Text("sales"), groups.Text("ops"), groups.Empty())
	var users []groups.User
	for _, id := range slices.Sorted(maps.Keys(m.page.users)) {
		if u := m.page.users[id]; chance(t, "is concerned", 70) {
			u.Fields = maps.Clone(u.Fields)
			u.Fields[string(dept)] = to
			users = append(users, u)
		}
	}
	m.put(users...)
}

func (m *machine) moveUnit(t *rapid.T) {
	list := units(t)
	var moved []groups.Unit
	for i, u := range list {
		if m.page.units[i].Parent != u.Parent {
			moved = append(moved, u)
		}
	}
	m.page.units = list
	m.version++
	m.check(m.office.people.Write(background, groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{branch: slices.Clone(list)}}))
	m.happened(groups.Touched{Units: moved})
}

func (m *machine) scope(t *rapid.T) {
	owner := draw(t, "owner", owners[1:]...)
	s := scope{users: map[groups.UserID]bool{}, broken: chance(t, "nobody can say", 15)}
	for _, id := range userIDs {
		s.users[id] = chance(t, "is assigned to the owner", 70)
	}
	if m.page.scopes[owner] = s; chance(t, "everybody", 25) {
		delete(m.page.scopes, owner)
	}
	m.office.people.scopes = maps.Clone(m.page.scopes)
	m.happened(groups.Touched{Owners: []string{owner}})
}

// tick lets time pass: hours, days, or longer than a draft lives. The host need not call at once.
func (m *machine) tick(t *rapid.T) {
	hours := draw(t, "hours", 1, 6, 18, 24, 48, 24*7, 24*30, 24*91)
	to := m.page.now.Add(time.Duration(hours) * time.Hour)
	if ends := m.ends(); len(ends) > 0 && chance(t, "until an assignment ends", 50) {
		to = pick(t, "end", ends)
	}
	m.page.now = to
	m.office.now = m.page.now
	if chance(t, "the host calls", 70) {
		m.happened(groups.Touched{})
	}
}

// ends are the instants to come at which assignments end.
func (m *machine) ends() (list []time.Time) {
	for _, g := range m.page.groups {
		for _, st := range g.facts {
			if a := st.Assignment; a != nil && a.Until.After(m.page.now) {
				list = append(list, a.Until)
			}
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	return list
}

func (m *machine) process(*rapid.T) {
	_, err := m.office.ev.Process(background)
	m.same(err, nil)
	m.page.process()
	run, err := m.office.ev.Process(background)
	if m.check(err); err == nil && !run.Empty() {
		m.check(fmt.Errorf("not settled: %v", run.Changes()))
	}
	m.page.process()
}

// processOne processes one group by its name, which waits for no schedule.
func (m *machine) processOne(t *rapid.T) {
	id := m.group(t)
	_, err := m.office.ev.Process(background, id)
	m.same(err, nil)
	m.page.run(look{whole: set(id)})
}

func (m *machine) forget(t *rapid.T) {
	who, e := draw(t, "who", append(userIDs, stranger)...), m.editor(t)
	if _, there := m.page.users[who]; there {
		m.version++
	}
	m.same(m.office.ev.Forget(background, who, e.By), nil)
	m.page.forget(who, e.By)
	// The feed is another one now, from its beginning.
	m.forgotten[who] = true
	m.seen, m.written = "", 0
	clear(m.told)
	clear(m.ids)
	clear(m.replay)
	m.compare()
	m.happened(groups.Touched{Users: []groups.UserID{who}})
}

// group draws a group that is there.
func (m *machine) group(t *rapid.T) groups.GroupID {
	if len(m.page.groups) == 0 {
		t.Skip("no group is left")
	}
	return draw(t, "group", m.page.ids()...)
}

func (m *machine) editor(t *rapid.T) *editor { return pick(t, "editor", m.editors) }
