package desk

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
	"github.com/grouprules/groups/internal/law"
	"pgregory.net/rapid"
)

// HistoriesEndAsThePagesSay: whatever people do to a tenant, in whatever order and however much time passes, everything
// that is stored, told and written down is as the pages say; what is refused leaves nothing behind; the feed, replayed,
// gives the membership; and a full run would do what the page says it would.
var HistoriesEndAsThePagesSay = law.Law[Reading]{
	Holds: func(t *rapid.T, r Reading) error {
		m, err := newMachine(t, r)
		if err != nil {
			return err
		}
		t.Repeat(m.actions(r.often))
		return m.err
	},
}

// machine lives through one history, in an office and on a page. What goes wrong first is err; after that nothing happens
// any more, so that rapid can leave out the rest.
type machine struct {
	office  *office
	page    *page
	editors []*editor
	plans   []shown
	drafts  []admin.Draft
	holds   []holding
	files   []file
	version int // of the people
	named   int // drafts so far

	before  string // the snapshot before the act
	seen    string // the cursor of the feed up to which it was compared
	told    map[groups.GroupID]int
	written int
	ids     map[string]bool // of changes
	replay  map[place]groups.Method
	// forgotten are users of whom earlier changes are gone from the feed.
	forgotten map[groups.UserID]bool

	err  error
	step string
}

// editor is an administrator with the groups as they read them last.
type editor struct {
	admin.Actor
	read map[groups.GroupID]groups.Group
}

func newMachine(t *rapid.T, r Reading) (*machine, error) {
	o := options{
		exclusions: rapid.Bool().Draw(t, "exclusions"), mostLeaves: draw(t, "most leaves", 1, 1, 0),
		preview: chance(t, "previews are required", 30), now: start,
	}
	m := &machine{
		office: open(o, r.Host), page: newPage(r.Defects...), told: map[groups.GroupID]int{}, ids: map[string]bool{}, replay: map[place]groups.Method{},
		forgotten: map[groups.UserID]bool{},
	}
	m.page.exclusions, m.page.mostLeaves, m.page.preview, m.page.now = o.exclusions, o.mostLeaves, o.preview, o.now
	for _, by := range []string{"ada", "bob"} {
		a := admin.Administrator(by)
		a.BypassPreview = by == "bob"
		m.editors = append(m.editors, &editor{a, map[groups.GroupID]groups.Group{}})
	}
	m.page.units = units(t)
	change := groups.PeopleChange{Schema: schema(), Trees: map[groups.Tree][]groups.Unit{branch: m.page.units}}
	for _, id := range userIDs[:5] {
		u := someone(t, id, start)
		m.page.users[id] = u
		change.Upsert = append(change.Upsert, u)
	}
	if err := m.office.people.Write(background, change); err != nil {
		return nil, err
	}
	for _, id := range groupIDs[:3] {
		m.step = "create " + string(id)
		g := newGroup(t, id)
		// The host sets its groups up before anybody looks.
		_, err := m.office.ev.Save(background, g, "host")
		m.same(err, m.page.try(func(p *page) error { return p.save(g, "host") }))
	}
	_, err := m.office.ev.Process(background)
	m.same(err, nil)
	m.page.process()
	m.compare()
	for _, e := range m.editors {
		m.open(e)
	}
	return m, m.err
}

// actions are all that can happen, some more often than others. The empty one runs after each.
func (m *machine) actions(often []string) map[string]func(*rapid.T) {
	out := map[string]func(*rapid.T){"": func(*rapid.T) {
		if m.err == nil {
			m.compare()
		}
	}}
	acts := m.acts()
	for name, happen := range acts {
		act := func(t *rapid.T) {
			if m.err != nil {
				return
			}
			m.step = name
			m.mark()
			happen(t)
		}
		out[name] = act
		for n := range len(acts) / 3 {
			if slices.Contains(often, name) {
				out[fmt.Sprint(name, " ", n)] = act
			}
		}
	}
	return out
}

// mark notes what is stored before an act, which must be so afterwards if it is refused.
func (m *machine) mark() {
	before, err := m.office.snapshot()
	m.check(err)
	m.before = before
}

func (m *machine) check(err error) {
	if err != nil && m.err == nil {
		m.err = fmt.Errorf("%s: %w", m.step, err)
	}
}

// same compares what became of an act with what the page says, and sees that a refused one left nothing behind.
func (m *machine) same(got, want error) {
	if diff := cmp.Diff(says(want), says(got)); diff != "" {
		m.check(fmt.Errorf("it ends with %v, the page says %v", got, want))
		return
	}
	if got == nil {
		m.before = ""
		return
	}
	after, err := m.office.snapshot()
	m.check(err)
	if m.before != "" && after != m.before {
		m.check(fmt.Errorf("it is refused (%w) and leaves something behind:\n%s", got, cmp.Diff(m.before, after)))
	}
}

// said is what an error says, as far as the page fixes it.
type said struct {
	What     []string
	Conflict groups.ConflictError
}

func says(err error) (s said) {
	if err == nil {
		return s
	}
	for _, what := range append(sentinels, admin.ErrPreview, admin.ErrDraft, admin.ErrManager) {
		if errors.Is(err, what) {
			s.What = append(s.What, what.Error())
		}
	}
	if len(s.What) == 0 {
		s.What = []string{err.Error()}
	}
	if c, is := errors.AsType[*groups.ConflictError](err); is {
		s.Conflict = *c
		s.Conflict.At = c.At.UTC()
	}
	return s
}

// compare holds everything that the office shows against the page.
func (m *machine) compare() {
	for _, look := range []func() error{m.compareGroups, m.compareMembers, m.compareFeed, m.compareActs, m.compareNotes, m.compareNext} {
		if err := look(); err != nil {
			m.check(err)
			return
		}
	}
}

func differ(what string, want, got any) error {
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("%s (-page +office):\n%s", what, diff)
	}
	return nil
}

// shownGroup is a group as it is compared.
type shownGroup struct {
	Definition string
	Live, Held bool
	Members    int
	Processed  string // of a scheduled group
}

func (m *machine) compareGroups() error {
	all, err := collect(m.office.store.Groups(background))
	if err != nil {
		return err
	}
	want, got := map[groups.GroupID]shownGroup{}, map[groups.GroupID]shownGroup{}
	for _, g := range all {
		s := shownGroup{Definition: text(g), Live: g.State.Live, Held: g.State.Held != "", Members: g.State.Members}
		if g.Kind == groups.AutomaticGroup && g.Schedule.Every > 0 {
			s.Processed = g.State.Processed.UTC().String()
		}
		got[g.ID] = s
	}
	for id, g := range m.page.groups {
		s := shownGroup{Definition: text(g.Group), Live: g.live, Held: g.held != nil}
		for _, st := range g.facts {
			if st.Member != groups.Outside {
				s.Members++
			}
		}
		if g.scheduled() {
			s.Processed = g.processed.UTC().String()
		}
		want[id] = s
	}
	return differ("the groups are others", want, got)
}

// compareMembers compares what is stored about users, what is shown of members, and of populations.
func (m *machine) compareMembers() error {
	want, got := map[string]groups.Standing{}, map[string]groups.Standing{}
	shown, in := map[string]groups.Method{}, map[string]groups.Method{}
	for _, id := range m.page.ids() {
		rows, err := collect(m.office.store.Standings(background, id, ""))
		members, failed := collect(m.office.ev.Members(background, id))
		population, failing := collect(m.office.ev.Population(background, id))
		if err := errors.Join(err, failed, failing); err != nil {
			return err
		}
		for _, st := range rows {
			got[fmt.Sprint(id, " ", st.User)] = st
		}
		for _, one := range members {
			shown[fmt.Sprint(id, " ", one.User)] = one.Method
		}
		for _, one := range population {
			in[fmt.Sprint(id, " ", one.User)] = one.Method
		}
		for u, st := range m.page.groups[id].facts {
			want[fmt.Sprint(id, " ", u)] = st
		}
	}
	if err := differ("something else is stored about users", want, got); err != nil {
		return err
	}
	members, population := map[string]groups.Method{}, map[string]groups.Method{}
	for at, st := range want {
		if st.Member != groups.Outside {
			members[at] = st.Member
		}
		if st.Population != groups.Outside {
			population[at] = st.Population
		}
	}
	return errors.Join(differ("others are members", members, shown), differ("others are in the population", population, in))
}

// compareFeed compares what was told since the last time, group by group, and replays it.
func (m *machine) compareFeed() error {
	list, err := collect(m.office.store.Changes(background, m.seen))
	if err != nil {
		return err
	}
	got := map[groups.GroupID][]groups.Change{}
	for _, c := range list {
		at := place{c.Group, c.User}
		if m.ids[c.ID] || c.ID == "" {
			return fmt.Errorf("a change has the ID of another one: %+v", c)
		}
		if m.replay[at] != c.Before && !m.forgotten[c.User] {
			return fmt.Errorf("a change starts from %v: %+v", m.replay[at], c)
		}
		m.ids[c.ID], m.seen = true, c.Cursor
		if m.replay[at] = c.After; c.After == groups.Outside {
			delete(m.replay, at)
		}
		c.ID, c.Cursor, c.At = "", "", c.At.UTC()
		got[c.Group] = append(got[c.Group], c)
	}
	want := map[groups.GroupID][]groups.Change{}
	for id, all := range m.page.feed {
		if more := all[min(m.told[id], len(all)):]; len(more) > 0 {
			want[id] = more
		}
		m.told[id] = len(all)
	}
	if err := differ("something else was told", want, got); err != nil {
		return err
	}
	members := map[place]groups.Method{}
	for id, g := range m.page.groups {
		for u, st := range g.facts {
			if st.Member != groups.Outside {
				members[place{id, u}] = st.Member
			}
		}
	}
	if !maps.Equal(members, m.replay) {
		return fmt.Errorf("the feed does not give the membership: %v, not %v", m.replay, members)
	}
	return nil
}

// aliases are what stands in the place of the forgotten.
var aliases = regexp.MustCompile(`forgotten-[0-9T.-]+`)

func anonymised(s string) string { return aliases.ReplaceAllString(s, alias) }

// compareActs compares what was written down since the last time; the order within one act of the desk is not fixed.
func (m *machine) compareActs() error {
	list, err := collect(m.office.store.Acts(background, "", ""))
	if err != nil {
		return err
	}
	var got []entry
	for _, a := range list {
		got = append(got, entry{a.Do, a.Group, groups.UserID(anonymised(string(a.User))), a.By, a.At.UTC(), a.Why})
	}
	sorted := func(list []entry) (lines []string) {
		for _, e := range list[min(m.written, len(list)):] {
			lines = append(lines, fmt.Sprint(e))
		}
		slices.Sort(lines)
		return lines
	}
	err = differ("something else was written down", sorted(m.page.acts), sorted(got))
	m.written = len(m.page.acts)
	return err
}

// compareNotes compares drafts, versions and held plans.
func (m *machine) compareNotes() error {
	drafts, err := m.office.Drafts(background, "")
	if err != nil {
		return err
	}
	want, got := map[string]string{}, map[string]string{}
	for _, d := range drafts {
		got["draft "+string(d.Group.ID)+" "+d.ID] = anonymised(fmt.Sprint(d.Revision, d.By, d.At.UTC(), d.Expires.UTC(), d.Stale, text(d.Group)))
	}
	plans, err := m.office.ev.Held(background)
	if err != nil {
		return err
	}
	for _, p := range plans {
		m.keepHeld(p)
		got["held "+string(p.Group.ID)] = fmt.Sprint(p.Group.Revision, sorted(fatesOf(p)))
	}
	for _, id := range m.page.ids() {
		g := m.page.groups[id]
		versions, err := m.office.Versions(background, id)
		if err != nil {
			return err
		}
		for i, v := range versions {
			got[fmt.Sprint("version ", id, len(versions)-i)] = anonymised(fmt.Sprint(v.Revision, v.By, v.At.UTC(), text(v.Criteria)))
		}
		for i, v := range g.versions {
			want[fmt.Sprint("version ", id, i+1)] = anonymised(fmt.Sprint(v.Revision, v.By, v.At.UTC(), v.Criteria))
		}
		for key := range g.drafts {
			if d, there := m.page.draft(id, key); there {
				var stale *groups.ConflictError
				if g.Revision != d.Group.Revision {
					stale, _ = errors.AsType[*groups.ConflictError](g.conflict())
				}
				want["draft "+string(id)+" "+key] = anonymised(fmt.Sprint(d.Revision, d.By, d.At.UTC(), d.At.Add(life).UTC(), stale, text(d.Group)))
			}
		}
		if g.held != nil {
			want["held "+string(id)] = fmt.Sprint(g.held.revision, sorted(g.held.fates))
		}
	}
	return differ("something else is kept", want, got)
}

func sorted(fates map[groups.UserID]fate) (lines []string) {
	for _, u := range slices.Sorted(maps.Keys(fates)) {
		lines = append(lines, fmt.Sprint(u, fates[u]))
	}
	return lines
}

// fatesOf are what a plan says of the users of its group.
func fatesOf(p *groups.Plan) map[groups.UserID]fate {
	all := map[groups.UserID]fate{}
	for at, f := range diffFates([]groups.Diff{p.Diff}) {
		all[at.user] = f
	}
	return all
}

func diffFates(diffs []groups.Diff) map[place]fate {
	all := map[place]fate{}
	for _, d := range diffs {
		for _, c := range slices.Concat(d.Joined, d.Left, d.Switched, d.Withheld) {
			all[place{d.Group, c.User}] = fate{Before: c.Before, After: c.After}
		}
		for _, u := range d.Undecided {
			f, moves := all[place{d.Group, u.User}]
			if !moves {
				f = fate{Before: u.Method, After: u.Method}
			}
			f.Undecided = true
			all[place{d.Group, u.User}] = f
		}
	}
	return all
}

// compareNext asks what a full run would do, which on the page is what is left to do.
func (m *machine) compareNext() error {
	run, err := m.office.ev.Evaluate(background)
	if err != nil {
		return err
	}
	want := m.page.clone().process()
	holds := map[place]fate{}
	for _, p := range run.Held {
		for u, f := range fatesOf(p) {
			holds[place{p.Group.ID, u}] = f
		}
	}
	due, _, err := m.office.ev.Due(background)
	if err != nil {
		return err
	}
	for _, id := range m.page.ids() {
		if g := m.page.groups[id]; g.scheduled() && g.held == nil && !m.page.waits(g) != slices.Contains(due, id) {
			return fmt.Errorf("due are %v, with or without %s", due, id)
		}
	}
	return errors.Join(differ("a full run would do something else", lines(want.now), lines(diffFates(run.Diffs))),
		differ("a full run would hold something else", lines(want.held), lines(holds)))
}

func lines(fates map[place]fate) []string {
	out := []string{}
	for _, at := range slices.SortedFunc(maps.Keys(fates), byPlace) {
		out = append(out, fmt.Sprint(at, fates[at]))
	}
	return out
}
