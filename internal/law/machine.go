package law

import (
	"fmt"
	"slices"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
	"pgregory.net/rapid"
)

// HistoriesEndAsTheFactsSay: whatever happens to a tenant, in whatever order, what is stored after a run follows from
// the facts alone; the feed, replayed, gives the membership; and a run after a run finds nothing to do. The incremental
// way and the whole come to the same.
var HistoriesEndAsTheFactsSay = Law[Host]{
	Holds: func(t *rapid.T, h Host) error {
		m, err := newMachine(t, h)
		if err != nil {
			return err
		}
		t.Repeat(m.actions())
		return m.err
	},
	Mutants: []oracle.Defect{
		oracle.ChangedSkipsTheLine, oracle.ChangedSkipsDependents, oracle.SwitchesAreNotFed, oracle.RunsNeverSettle,
		oracle.AbsenceForgetsAll, oracle.UnknownClearsTheBit, oracle.PolicyClearsTheBit, oracle.UntilIsInclusive,
		oracle.GroupsAreReadAsWritten, oracle.UndecidedIsOut, oracle.RuleBeatsAssignment, oracle.FrozenFollowsTheRule,
	},
}

// ChangesAreFollowed: where the host is told of each change at once, what is stored follows from the facts alone after
// every step.
var ChangesAreFollowed = Law[Host]{
	Holds: func(t *rapid.T, h Host) error {
		m, err := newMachine(t, h)
		if err != nil {
			return err
		}
		m.process(t)
		followed := map[string]func(*rapid.T){"assign": m.assign, "exclude": m.exclude, "an hour passes": m.hour}
		for name, happen := range map[string]func(*rapid.T){
			"add user": m.addUser, "remove user": m.removeUser, "alter user": m.alterUser, "know less of user": m.forgetData,
			"deactivate or reactivate": m.activation, "expire": m.expiry, "change manager": m.manager, "change courses": m.courses,
			"move unit": m.moveUnit, "delete unit": m.deleteUnit, "edit rule": m.editRule, "freeze or thaw": m.freeze,
		} {
			followed[name] = func(t *rapid.T) {
				if m.step = name; m.err == nil {
					happen(t)
					m.changed(t)
				}
			}
		}
		t.Repeat(followed)
		return m.err
	},
	Mutants: []oracle.Defect{oracle.ChangedSkipsTheLine, oracle.UnknownClearsTheBit, oracle.PolicyClearsTheBit, oracle.GroupsAreReadAsWritten},
}

// machine lives through one history, on a host and on the page. What goes wrong first is err; after that nothing happens
// any more, so that rapid can leave out the rest.
type machine struct {
	host    Host
	page    *Model
	groups  int // how many there were at first
	touched Touched
	err     error
	step    string
}

func newMachine(t *rapid.T, h Host) (*machine, error) {
	tenant := Drawn{}.Tenant(t)
	tenant.Stored, tenant.Live = oracle.Stored{}, nil
	m := &machine{host: h, page: NewModel(), groups: len(tenant.Groups)}
	return m, first(
		func() error { return m.page.Load(tenant) },
		func() error { return h.Load(tenant) },
		func() error { return SameRun("the first run", h, m.page, tenant) },
	)
}

// actions are all that can happen. The empty one runs after each.
func (m *machine) actions() map[string]func(*rapid.T) {
	out := map[string]func(*rapid.T){"": func(*rapid.T) {
		if m.err == nil {
			m.check(Replayed(m.host))
		}
	}}
	for name, happen := range map[string]func(*rapid.T){
		"add user": m.addUser, "remove user": m.removeUser, "alter user": m.alterUser, "know less of user": m.forgetData,
		"deactivate or reactivate": m.activation, "expire": m.expiry, "change manager": m.manager, "change courses": m.courses,
		"move unit": m.moveUnit, "delete unit": m.deleteUnit,
		"edit rule": m.editRule, "activate or inactivate": m.status, "freeze or thaw": m.freeze, "change policy": m.policy,
		"change kind": m.kind, "change parent": m.parent, "delete group": m.deleteGroup, "create group": m.createGroup,
		"assign": m.assign, "unassign": m.unassign, "exclude": m.exclude, "readmit": m.readmit, "take out": m.takeOut,
		"forget": m.forget, "time passes": m.tick,
		"process": m.process, "process one": m.processOne, "changed": m.changed,
	} {
		out[name] = func(t *rapid.T) {
			if m.err == nil {
				m.step = name
				happen(t)
			}
		}
	}
	return out
}

func (m *machine) check(err error) {
	if err != nil && m.err == nil {
		m.err = fmt.Errorf("%s: %w", m.step, err)
	}
}

func (m *machine) tenant() oracle.Tenant { return m.page.Tenant() }

// upload replaces people and units on both sides.
func (m *machine) upload(users []groups.User, units []groups.Unit) {
	m.check(m.page.People(users, units, m.touched))
	m.check(m.host.People(users, units, m.touched))
}

// change replaces one user, who may be new.
func (m *machine) change(u groups.User) {
	users := slices.Clone(m.tenant().Users)
	if i := slices.IndexFunc(users, func(old groups.User) bool { return old.ID == u.ID }); i >= 0 {
		users[i] = u
	} else {
		users = append(users, u)
	}
	m.touched.Users = append(m.touched.Users, u.ID)
	m.upload(users, m.tenant().Units)
}

// somebody draws a user of the directory; nobody there, nothing happens.
func (m *machine) somebody(t *rapid.T) groups.User {
	users := m.tenant().Users
	if len(users) == 0 {
		t.Skip("nobody is left")
	}
	return users[rapid.IntRange(0, len(users)-1).Draw(t, "who")]
}

const most = 9 // users

func (m *machine) addUser(t *rapid.T) {
	id := groups.UserID(fmt.Sprintf("u%d", rapid.IntRange(1, most).Draw(t, "new user")))
	m.change(Drawn{}.User(t, id, m.tenant().Now, most))
}

func (m *machine) removeUser(t *rapid.T) {
	who := m.somebody(t).ID
	m.touched.Users = append(m.touched.Users, who)
	m.upload(slices.DeleteFunc(slices.Clone(m.tenant().Users), func(u groups.User) bool { return u.ID == who }), m.tenant().Units)
}

func (m *machine) alterUser(t *rapid.T) {
	m.change(Drawn{}.User(t, m.somebody(t).ID, m.tenant().Now, most))
}

func (m *machine) forgetData(t *rapid.T) { m.change(Forget(t, m.somebody(t))) }

func (m *machine) activation(t *rapid.T) {
	u := m.somebody(t)
	u.Activation = draw(t, "activation", groups.Activated, groups.Deactivated, groups.ActivationUnknown)
	m.change(u)
}

func (m *machine) expiry(t *rapid.T) {
	u := m.somebody(t)
	u.Expiry = draw(t, "expiry", groups.Current, groups.Expired, groups.ExpiryUnknown)
	m.change(u)
}

func (m *machine) manager(t *rapid.T) {
	u := m.somebody(t)
	u.Manager = Drawn{}.Manager(t, u.ID, most)
	m.change(u)
}

func (m *machine) courses(t *rapid.T) {
	u := m.somebody(t)
	u.Enrollments = Drawn{}.Enrollments(t, m.tenant().Now)
	before := m.touched.Users
	m.change(u)
	m.touched.Users = before
	m.touched.Enrollments = append(m.touched.Enrollments, u.ID)
}

func (m *machine) moveUnit(t *rapid.T) {
	list := slices.Clone(m.tenant().Units)
	u := groups.Unit{Tree: draw(t, "tree", trees...), ID: draw(t, "unit", units...), Parent: Drawn{}.parent(t, 5)}
	if i := slices.IndexFunc(list, func(old groups.Unit) bool { return old.Tree == u.Tree && old.ID == u.ID }); i >= 0 {
		list[i] = u
	} else {
		list = append(list, u)
	}
	m.touched.Units = append(m.touched.Units, u)
	m.upload(m.tenant().Users, list)
}

func (m *machine) deleteUnit(t *rapid.T) {
	gone := groups.Unit{Tree: draw(t, "tree", trees...), ID: draw(t, "unit", units...)}
	m.touched.Units = append(m.touched.Units, gone)
	m.upload(m.tenant().Users, slices.DeleteFunc(slices.Clone(m.tenant().Units), func(u groups.Unit) bool {
		return u.Tree == gone.Tree && u.ID == gone.ID
	}))
}

// group draws one of the groups, and which of how many it was at first: rules ask for earlier groups only.
func (m *machine) group(t *rapid.T) (g groups.Group, i, n int) {
	list := m.tenant().Groups
	if len(list) == 0 {
		t.Skip("no group is left")
	}
	g = list[rapid.IntRange(0, len(list)-1).Draw(t, "group")]
	return g, slices.Index(groupIDs, g.ID), m.groups
}

func (m *machine) createGroup(t *rapid.T) {
	i := rapid.IntRange(0, m.groups-1).Draw(t, "group")
	if _, there := m.tenant().Group(groupIDs[i]); there {
		t.Skip("it is there")
	}
	m.save(t, Drawn{}.Group(t, i, m.groups, m.tenant().Now, most))
}

// deleteGroup is told of: no rule names the group any more, but one may count what is beneath its parent.
func (m *machine) deleteGroup(t *rapid.T) {
	g, _, _ := m.group(t)
	got, err := m.host.Delete(g.ID)
	m.check(err)
	want, _ := m.page.Delete(g.ID)
	if got != want {
		m.check(fmt.Errorf("deleting %s is refused: %v, want %v\n%s", g.ID, got, want, Describe(m.tenant())))
	}
	m.touched.Groups = append(m.touched.Groups, g.ID)
}

// save saves a group on both sides. Changed finds out by itself which groups were saved, so it is not always told.
func (m *machine) save(t *rapid.T, g groups.Group) {
	m.check(m.page.Save(g))
	m.check(m.host.Save(g))
	if rapid.Bool().Draw(t, "tell of the group") {
		m.touched.Groups = append(m.touched.Groups, g.ID)
	}
}

func (m *machine) editRule(t *rapid.T) {
	g, i, n := m.group(t)
	g.Criteria = Drawn{}.Group(t, i, n, m.tenant().Now, most).Criteria
	m.save(t, g)
}

func (m *machine) status(t *rapid.T) {
	g, _, _ := m.group(t)
	g.Status = groups.Active - g.Status
	m.save(t, g)
}

func (m *machine) freeze(t *rapid.T) {
	g, _, _ := m.group(t)
	g.Frozen = !g.Frozen
	m.save(t, g)
}

func (m *machine) policy(t *rapid.T) {
	g, _, _ := m.group(t)
	g.Deactivated = draw(t, "policy", groups.Keep, groups.DropAutomatic, groups.DropAll)
	m.save(t, g)
}

func (m *machine) kind(t *rapid.T) {
	g, _, _ := m.group(t)
	g.Kind = groups.AutomaticGroup - g.Kind
	m.save(t, g)
}

func (m *machine) parent(t *rapid.T) {
	g, i, n := m.group(t)
	g.Parent = ""
	if i+1 < n && rapid.Bool().Draw(t, "beneath another") {
		g.Parent = groupIDs[rapid.IntRange(i+1, n-1).Draw(t, "parent group")]
	}
	m.save(t, g)
}

func (m *machine) tick(t *rapid.T) { m.wait(draw(t, "hours", 1, 1, 12, 24, 24*7, 24*30)) }

func (m *machine) hour(*rapid.T) { m.wait(1) }

func (m *machine) wait(hours int) {
	now := m.tenant().Now.Add(time.Duration(hours) * time.Hour)
	m.page.Clock(now)
	m.host.Clock(now)
}

// process runs over everything, and then once more for nothing.
func (m *machine) process(*rapid.T) {
	m.check(SameRun("process", m.host, m.page, m.tenant()))
	m.touched = Touched{}
	if m.err != nil {
		return
	}
	again, err := m.host.Process()
	m.check(err)
	if len(again.Moves) > 0 {
		m.check(fmt.Errorf("not settled: %v\n%s", again.Moves, Describe(m.tenant())))
	}
}

// processOne processes one group; groups that ask for it hear of it with the next Changed.
func (m *machine) processOne(t *rapid.T) {
	g, _, _ := m.group(t)
	about := m.tenant()
	about.Stored = about.Stored.Clone()
	_, err := m.host.Process(g.ID)
	m.check(err)
	_, err = m.page.Process(g.ID)
	m.check(err)
	m.touched.Groups = append(m.touched.Groups, g.ID)
	m.check(Same("process "+string(g.ID), m.host, m.page, about))
}

// changed tells the host what is different, and expects what a full run would give.
func (m *machine) changed(*rapid.T) {
	about := m.tenant()
	about.Stored = about.Stored.Clone()
	_, err := m.host.Changed(m.touched)
	m.check(err)
	_, err = m.page.Process()
	m.check(err)
	m.check(Same(fmt.Sprintf("changed %+v", m.touched), m.host, m.page, about))
	m.touched = Touched{}
}

// act has a person decide about a user, who need not be there, once all is settled. Groups that ask for the group
// follow at once.
func (m *machine) act(t *rapid.T, what string, do func(h Host, g groups.GroupID, u groups.UserID) error) {
	m.process(t)
	if m.err != nil {
		return
	}
	g, _, _ := m.group(t)
	u := draw(t, "user", append(m.tenant().Everybody(), absent...)...)
	about := m.tenant()
	about.Stored = about.Stored.Clone()
	m.check(do(m.host, g.ID, u))
	m.check(do(m.page, g.ID, u))
	m.check(Same(fmt.Sprintf("%s %s in %s", what, u, g.ID), m.host, m.page, about))
}

func (m *machine) assign(t *rapid.T) {
	end := until(t, m.tenant().Now)
	m.act(t, fmt.Sprintf("assign until %v", end), func(h Host, g groups.GroupID, u groups.UserID) error { return h.Assign(g, u, end) })
}

func (m *machine) unassign(t *rapid.T) { m.act(t, "unassign", Host.Unassign) }

func (m *machine) exclude(t *rapid.T) {
	if !m.tenant().Exclusions {
		t.Skip("exclusions are not turned on")
	}
	m.act(t, "exclude", Host.Exclude)
}

func (m *machine) readmit(t *rapid.T) { m.act(t, "readmit", Host.Readmit) }

func (m *machine) takeOut(t *rapid.T) {
	var answers []bool
	m.act(t, "take out", func(h Host, g groups.GroupID, u groups.UserID) error {
		refused, err := h.TakeOut(g, u)
		answers = append(answers, refused)
		return err
	})
	if len(answers) == 2 && answers[0] != answers[1] {
		m.check(fmt.Errorf("refused is %v, want %v\n%s", answers[0], answers[1], Describe(m.tenant())))
	}
}

// forget erases a user everywhere: the host takes them out of its own people too.
func (m *machine) forget(t *rapid.T) {
	m.act(t, "forget", func(h Host, _ groups.GroupID, who groups.UserID) error {
		users := slices.DeleteFunc(slices.Clone(m.tenant().Users), func(u groups.User) bool { return u.ID == who })
		m.touched.Users = []groups.UserID{who}
		return first(
			func() error { return h.People(users, m.tenant().Units, m.touched) },
			func() error { return h.Forget(who) },
		)
	})
}
