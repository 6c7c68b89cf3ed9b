package groups

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// Options tune an [Evaluator]. A nil *Options is the same as a zero one.
type Options struct {
	// Now is the clock, read once a run; nil is time.Now.
	Now func() time.Time
	// Zone is where dates turn for groups that name no zone; nil is UTC.
	Zone *time.Location
	// Exclusions lets people keep users out of groups whatever the rule says. Off, stored
	// exclusions count for nothing, as in Docebo, where nobody can be kept out by force.
	Exclusions bool
}

// An Evaluator decides who is in which group: it reads people from a Directory and writes
// memberships to a Store. It is safe for concurrent use and starts no goroutine. Runs that write are
// done one after the other; several Evaluators of one Store find each other's writes by conflict.
type Evaluator struct {
	dir   Directory
	store Store
	opts  Options
	rules *ruleCache
	// writing holds a token while a run is written: a run that read a user before a change must not
	// be written after the run that follows the change.
	writing chan struct{}
}

// NewEvaluator returns an Evaluator of the people in dir and the groups in store.
func NewEvaluator(dir Directory, store Store, o *Options) *Evaluator {
	e := &Evaluator{dir: dir, store: store, rules: newRuleCache(), writing: make(chan struct{}, 1)}
	if o != nil {
		e.opts = *o
	}
	if e.opts.Now == nil {
		e.opts.Now = time.Now
	}
	if e.opts.Zone == nil {
		e.opts.Zone = time.UTC
	}
	return e
}

// schema reads the schema, and refuses one that rules could not rely on.
func (e *Evaluator) schema(ctx context.Context) (*Schema, error) {
	schema, err := e.dir.Schema(ctx)
	if err == nil && schema == nil {
		err = fmt.Errorf("%w: there is none", ErrSchema)
	}
	if err == nil {
		err = schema.Validate()
	}
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	return schema, nil
}

// over returns the same evaluator of other people.
func (e *Evaluator) over(dir Directory) *Evaluator {
	other := *e
	other.dir = dir
	return &other
}

var (
	// ErrGroup is wrapped by the error for a group that cannot be saved as it is: no name, an
	// unknown zone, kind, status or policy.
	ErrGroup = errors.New("not a usable group")
	// ErrEligible is wrapped by an [*EligibleError].
	ErrEligible = errors.New("in by the rule")
	// ErrExcluded is wrapped by the error for assigning a user who is excluded, by a [Decision] that
	// does not say that it replaces.
	ErrExcluded = errors.New("excluded from the group")
	// ErrAssigned is wrapped by the error for excluding a user who is assigned, likewise.
	ErrAssigned = errors.New("assigned to the group")
)

// An EligibleError refuses to take out a user whom the rule keeps in. Only a change of the user's
// data, or of the rule, takes them out. It wraps [ErrEligible].
type EligibleError struct {
	Group       GroupID
	User        UserID
	Explanation *Explanation
}

// Error names the user, the group and the conditions that hold them in.
func (e *EligibleError) Error() string {
	var held []string
	for _, s := range e.Explanation.Sets {
		for _, c := range s.Conditions {
			if s.Verdict == Yes && c.Verdict == Yes {
				held = append(held, c.Text)
			}
		}
	}
	if len(held) == 0 {
		held = []string{"what is known does not take them out"}
	}
	if e.Explanation.Frozen {
		held = []string{"the group is frozen as the rule left it"}
	}
	return fmt.Sprintf("user %q is in group %q because of its rule: %s", e.User, e.Group, strings.Join(held, "; "))
}

// Unwrap returns [ErrEligible].
func (e *EligibleError) Unwrap() error { return ErrEligible }

// checkGroup reports everything that keeps a group from being saved.
func checkGroup(schema *Schema, g Group) error {
	errs := []error{g.ID.Check()}
	bad := func(format string, a ...any) {
		errs = append(errs, fmt.Errorf("group %q: %w: %s", g.ID, ErrGroup, fmt.Sprintf(format, a...)))
	}
	if strings.TrimSpace(g.Name) == "" {
		bad("no name")
	}
	if !storable(g.Name + g.Description) {
		bad("a name or description that is not UTF-8 or has a NUL")
	}
	if g.Kind > AutomaticGroup || g.Status > Active || g.Deactivated > DropAll {
		bad("an unknown kind, status or policy")
	}
	if _, err := time.LoadLocation(g.Zone); err != nil {
		bad("%v", err)
	}
	if g.Zone == time.Local.String() {
		bad("zone %q is another on every machine", g.Zone)
	}
	if g.Parent != "" {
		errs = append(errs, g.Parent.Check())
	}
	if err := schema.Check(g.Criteria); err != nil {
		errs = append(errs, fmt.Errorf("group %q: %w", g.ID, err))
	}
	return errors.Join(errs...)
}

// checkText refuses what people wrote where no store could keep it.
func checkText(written ...string) error {
	for _, s := range written {
		if !storable(s) {
			return fmt.Errorf("%.64q %w as text in UTF-8", s, ErrValue)
		}
	}
	return nil
}

// Save checks a group and its criteria and saves its definition: Revision 0 creates it, another is
// the revision the edit started from. It returns the group as stored. What is wrong with the group
// is reported all at once, wrapping [ErrGroup], [ErrID] or a [*CriteriaError]; a stale revision is a
// [*ConflictError], a ring of references a [*CycleError]. Nobody moves until the group is processed.
func (e *Evaluator) Save(ctx context.Context, g Group, by string) (Group, error) {
	schema, err := e.schema(ctx)
	if err != nil {
		return Group{}, err
	}
	if err := errors.Join(checkGroup(schema, g), checkText(by)); err != nil {
		return Group{}, err
	}
	g.SavedBy, g.SavedAt = by, e.opts.Now()
	return e.store.SaveGroup(ctx, g)
}

// Evaluate works out what processing the groups would write, and writes nothing; without groups, all
// of them. A group that does not exist is an error that wraps [ErrNotFound]; an error of a source
// leaves no result at all.
func (e *Evaluator) Evaluate(ctx context.Context, groups ...GroupID) (*Run, error) {
	r, err := e.run(ctx, groups)
	if err != nil {
		return nil, err
	}
	return r.result(), nil
}

// run evaluates the groups, or all, for everybody.
func (e *Evaluator) run(ctx context.Context, groups []GroupID) (*run, error) {
	r, err := e.begin(ctx, nil)
	if err != nil {
		return nil, err
	}
	for _, s := range r.order {
		s.whole = len(groups) == 0
	}
	if err := r.choose(groups); err != nil {
		return nil, err
	}
	return r, r.evaluate(ctx)
}

// choose marks groups to be evaluated for everybody.
func (r *run) choose(groups []GroupID) error {
	for _, id := range groups {
		s, ok := r.groups[id]
		if !ok {
			return fmt.Errorf("group %q: %w", id, ErrNotFound)
		}
		s.whole = true
	}
	return nil
}

// Preview evaluates groups as they would be saved: definitions that differ from the stored ones, or
// are not stored at all. Nothing is written. What [Evaluator.Save] would refuse of the group itself
// is refused here. Other groups count as they are stored.
func (e *Evaluator) Preview(ctx context.Context, groups ...Group) (*Run, error) {
	r, err := e.preview(ctx, groups)
	if err != nil {
		return nil, err
	}
	return r.result(), nil
}

func (e *Evaluator) preview(ctx context.Context, groups []Group) (*run, error) {
	r, err := e.begin(ctx, groups)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, g := range groups {
		errs = append(errs, checkGroup(r.schema, g))
		if path := r.refs.ring(g.ID); path != nil {
			errs = append(errs, &CycleError{path})
		}
		r.groups[g.ID].whole = true
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return r, r.evaluate(ctx)
}

// A Tally is how many users a group has.
type Tally struct {
	Population int `json:"population"`
	Members    int `json:"members"`
	Undecided  int `json:"undecided"`
}

// Count previews one group and returns how many users it would have.
func (e *Evaluator) Count(ctx context.Context, g Group) (Tally, error) {
	r, err := e.preview(ctx, []Group{g})
	if err != nil {
		return Tally{}, err
	}
	d := &r.groups[g.ID].diff
	return Tally{d.Population, d.Members, len(d.Undecided)}, nil
}

// Process evaluates the groups, or all of them, and writes the result: all of it, or on an error
// nothing. The changes carry their causes. Where another writer came in between, it starts again.
func (e *Evaluator) Process(ctx context.Context, groups ...GroupID) (*Run, error) {
	return e.write(ctx, func() (*run, error) { return e.run(ctx, groups) })
}

// attempts is how often a run is repeated when another writer was faster.
const attempts = 10

// write evaluates and applies, and does so again where what was read has changed meanwhile.
func (e *Evaluator) write(ctx context.Context, evaluate func() (*run, error)) (*Run, error) {
	select {
	case e.writing <- struct{}{}:
		defer func() { <-e.writing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for n := 1; ; n++ {
		r, err := evaluate()
		if err != nil {
			return nil, err
		}
		writes := r.writes()
		if len(writes) == 0 {
			return r.result(), nil
		}
		err = e.store.Apply(ctx, writes)
		if err == nil {
			return r.result(), nil
		}
		if !errors.Is(err, ErrConflict) || n == attempts {
			return nil, fmt.Errorf("write: %w", err)
		}
	}
}

// Touched says what has changed since the last run. All that is known to have changed should be told
// at once: groups that are looked at for everybody read the others as they were last written.
type Touched struct {
	// Users were added, removed, or changed in any way.
	Users []UserID
	// Enrollments are users of whom nothing but enrollments changed.
	Enrollments []UserID
	// Units were added, removed, moved or renamed; their Tree and ID count.
	Units []Unit
	// Groups were saved or deleted, or changed by another writer.
	Groups []GroupID
}

// Changed brings the memberships up to date after a change, with the same result as a full run:
// the users named, everybody beneath them where rules read the reporting line, everybody in or
// beneath the units, whole groups that were named or saved since they were last processed, groups
// whose time has come, and groups that refer to such groups. With nothing touched it does what is
// due. It reads those users only, where the rules and the Directory allow it ([Reporting]).
func (e *Evaluator) Changed(ctx context.Context, t Touched) (*Run, error) {
	return e.write(ctx, func() (*run, error) {
		r, err := e.begin(ctx, nil)
		if err != nil {
			return nil, err
		}
		if err := r.reach(ctx, t); err != nil {
			return nil, err
		}
		return r, r.evaluate(ctx)
	})
}

// Explain says why a user is in a group or not: the whole rule with what the user had, and the line
// of the decision table. It evaluates the group and those it refers to afresh, as processing all of
// them would for this user, and writes nothing. An unknown group or user is an error that wraps
// [ErrNotFound].
func (e *Evaluator) Explain(ctx context.Context, group GroupID, user UserID) (*Explanation, error) {
	r, err := e.begin(ctx, nil)
	if err != nil {
		return nil, err
	}
	s, ok := r.groups[group]
	if !ok {
		return nil, fmt.Errorf("group %q: %w", group, ErrNotFound)
	}
	for _, id := range r.refs.allNeeds(group) {
		r.groups[id].partial = true
	}
	s.partial = true
	r.users = map[UserID]struct{}{user: {}}
	if err := r.evaluate(ctx); err != nil {
		return nil, err
	}
	u, err := r.user(ctx, user)
	if err != nil {
		return nil, err
	}
	if u == nil && s.standing.Blank() {
		return nil, fmt.Errorf("user %q: %w", user, ErrNotFound)
	}
	return r.explain(s, u, s.standing), nil
}

// explain tells about the user that the run is just looking at.
func (r *run) explain(s *subject, u *User, st Standing) *Explanation {
	x := &Explanation{Match: MatchAll.String(), Sets: []SetVerdict{}, Now: r.now, Zone: zoneName(s.view.Zone), Verdict: No}
	switch {
	case s.broken || u == nil:
		x.Verdict = Unknown
	case s.rule != nil:
		x = s.rule.Explain(u, &s.view)
	}
	st, settled := s.settle(u, st, r.now, r.e.opts.Exclusions)
	x.Group, x.User, x.Frozen = s.ID, st.User, s.Frozen
	x.Population, x.Member, x.Automatic = st.Population, st.Member, st.Automatic
	x.Reason, x.Undecided = settled.reason, st.Undecided
	if st.Undecided {
		x.Reason = byUnknown
	}
	x.Assignment, x.Exclusion = st.Assignment, st.Exclusion
	return x
}

// A Decision is who decides about a user in a group, and why.
type Decision struct {
	By     string
	Why    string
	Source string // where it comes from, such as "person", "csv" or "group:g7"
	// Until ends an assignment; zero is for good. Exclusions have no end.
	Until time.Time
	// Replace takes away the opposite decision, which otherwise refuses this one.
	Replace bool
}

// Assign puts users in a group, whatever its rule says, and keeps them there until the assignment is
// taken away or its time is up. For a user who is in already this is "switch to manual"; a second
// assignment replaces the first. Users who are not in the directory may be assigned; they are in as
// soon as they are there. A user who is excluded is refused with [ErrExcluded], unless the decision
// says that it replaces. All users are assigned, or none. Groups that refer to this one follow, and a
// group that was turned on or off since it was last processed is processed with it.
func (e *Evaluator) Assign(ctx context.Context, group GroupID, d Decision, users ...UserID) (*Run, error) {
	return e.decide(ctx, users, &act{group: group, by: d.By, texts: []string{d.Why, d.Source}}, func(r *run, st *Standing) error {
		if st.Exclusion != nil && e.opts.Exclusions && !d.Replace {
			return ErrExcluded
		}
		if d.Replace {
			st.Exclusion = nil
		}
		st.Assignment = &Assignment{By: d.By, At: r.now, Why: d.Why, Until: d.Until, Source: d.Source}
		return nil
	})
}

// Unassign takes assignments away ("remove manual assignment"). Whoever the rule holds for stays in
// as an automatic member, by one switch; the others leave. Without an assignment nothing happens.
func (e *Evaluator) Unassign(ctx context.Context, group GroupID, by string, users ...UserID) (*Run, error) {
	return e.decide(ctx, users, &act{group: group, by: by}, unassign)
}

func unassign(_ *run, st *Standing) error {
	st.Assignment = nil
	return nil
}

// Exclude keeps users out of a group, whatever its rule says, where [Options] turn exclusions on;
// else it is refused with [errors.ErrUnsupported]. A user who is assigned is refused with [ErrAssigned],
// unless the decision says that it replaces. All users are excluded, or none.
func (e *Evaluator) Exclude(ctx context.Context, group GroupID, d Decision, users ...UserID) (*Run, error) {
	if !e.opts.Exclusions {
		return nil, fmt.Errorf("group %q: %w", group, errors.ErrUnsupported)
	}
	return e.decide(ctx, users, &act{group: group, by: d.By, texts: []string{d.Why, d.Source}}, func(r *run, st *Standing) error {
		if st.Assignment.Holds(r.now) && !d.Replace {
			return ErrAssigned
		}
		st.Assignment = nil
		st.Exclusion = &Exclusion{By: d.By, At: r.now, Why: d.Why, Source: d.Source}
		return nil
	})
}

// Readmit takes exclusions away.
func (e *Evaluator) Readmit(ctx context.Context, group GroupID, by string, users ...UserID) (*Run, error) {
	return e.decide(ctx, users, &act{group: group, by: by}, func(_ *run, st *Standing) error {
		st.Exclusion = nil
		return nil
	})
}

// TakeOut takes users out of a group. Those who would stay in because of its rule are refused, each
// with an [*EligibleError], and then nobody is taken out: in Docebo nobody can be forced out of an
// automatic group, and [Evaluator.Exclude] is an act of its own.
func (e *Evaluator) TakeOut(ctx context.Context, group GroupID, by string, users ...UserID) (*Run, error) {
	return e.decide(ctx, users, &act{group: group, by: by, takeOut: true}, unassign)
}

// Forget erases a user from every group: assignments, exclusions, bits and memberships, and earlier
// entries of the change feed. A leave is written for each group they were a member of. Nothing else
// ever deletes an assignment of somebody who is absent. The people are the host's own to erase, unless
// the Store keeps them as well, as [Memory] does.
func (e *Evaluator) Forget(ctx context.Context, user UserID) error {
	return e.store.Forget(ctx, user, e.opts.Now())
}

// Members yields the membership as it was last written, ascending by user.
func (e *Evaluator) Members(ctx context.Context, group GroupID) iter.Seq2[Member, error] {
	return e.store.Members(ctx, group, "")
}

// MembersPage returns up to n members with IDs after the given one; begin with a blank ID.
func (e *Evaluator) MembersPage(ctx context.Context, group GroupID, after UserID, n int) ([]Member, error) {
	page := make([]Member, 0, max(0, min(n, 1024)))
	if n <= 0 {
		return page, nil
	}
	for m, err := range e.store.Members(ctx, group, after) {
		if err != nil {
			return nil, err
		}
		if page = append(page, m); len(page) == n {
			break
		}
	}
	return page, nil
}

// Population yields who is in as of the last run, effects aside: the membership of an active group,
// and what an inactive one would have. Ascending by user.
func (e *Evaluator) Population(ctx context.Context, group GroupID) iter.Seq2[Member, error] {
	return func(yield func(Member, error) bool) {
		for st, err := range e.store.Standings(ctx, group, "") {
			if err != nil {
				yield(Member{}, err)
				return
			}
			if st.Population != Outside && !yield(Member{st.User, st.Population}, nil) {
				return
			}
		}
	}
}

// GroupsOf yields the groups that the user is a member of, as last written, ascending by group.
func (e *Evaluator) GroupsOf(ctx context.Context, user UserID) iter.Seq2[Standing, error] {
	return func(yield func(Standing, error) bool) {
		for st, err := range e.store.StandingsOf(ctx, user) {
			if err != nil {
				yield(Standing{}, err)
				return
			}
			if st.Member != Outside && !yield(st, nil) {
				return
			}
		}
	}
}

// IsMember reports whether the user is a member of the group, as last written.
func (e *Evaluator) IsMember(ctx context.Context, group GroupID, user UserID) (bool, error) {
	for st, err := range e.GroupsOf(ctx, user) {
		if err != nil {
			return false, err
		}
		if st.Group == group {
			return true, nil
		}
	}
	return false, nil
}

// decide changes what is stored about users in one group and brings it, and the groups that refer to
// it, up to date for them.
func (e *Evaluator) decide(ctx context.Context, users []UserID, a *act, change func(*run, *Standing) error) (*Run, error) {
	unusable := []error{checkText(append(a.texts, a.by)...)}
	for _, id := range users {
		unusable = append(unusable, id.Check())
	}
	if err := errors.Join(unusable...); err != nil {
		return nil, err
	}
	return e.write(ctx, func() (*run, error) {
		r, err := e.begin(ctx, nil)
		if err != nil {
			return nil, err
		}
		if _, ok := r.groups[a.group]; !ok {
			return nil, fmt.Errorf("group %q: %w", a.group, ErrNotFound)
		}
		var pending []GroupID // activated or inactivated, and not processed since
		for _, id := range append(r.refs.dependents([]GroupID{a.group}), a.group) {
			s := r.groups[id]
			s.partial = true
			if s.State.Live != (s.Status == Active) {
				pending = append(pending, id)
			}
		}
		r.takeWhole(pending)
		r.users = map[UserID]struct{}{}
		for _, id := range users {
			r.users[id] = struct{}{}
		}
		a.apply = func(st Standing) (Standing, error) {
			err := change(r, &st)
			return st, err
		}
		a.refused = nil
		r.act = a
		if err := r.evaluate(ctx); err != nil {
			return nil, err
		}
		return r, errors.Join(a.refused...)
	})
}

// reach marks what a change reaches.
func (r *run) reach(ctx context.Context, t Touched) error {
	r.users = map[UserID]struct{}{}
	climbs := false
	moved := map[Tree]map[string]struct{}{}
	for _, u := range t.Units {
		if moved[u.Tree] == nil {
			moved[u.Tree] = map[string]struct{}{}
		}
		moved[u.Tree][u.ID] = struct{}{}
	}
	whole := slices.Clone(t.Groups)
	for _, s := range r.order {
		s.partial = true
		r.compile(s)
		if s.rule != nil {
			climbs = climbs || s.rule.lines
		}
		if r.due(s) || s.rule != nil && (s.rule.reports && len(t.Users) > 0 || s.rule.names(moved)) {
			whole = append(whole, s.ID)
		}
	}
	r.takeWhole(whole)
	for _, id := range slices.Concat(t.Users, t.Enrollments) {
		r.users[id] = struct{}{}
	}
	if len(moved) > 0 {
		if err := r.readTrees(ctx); err != nil {
			return err
		}
		r.resides = r.beneath(moved)
	}
	if climbs && len(t.Users) > 0 {
		return r.reports(ctx, t.Users)
	}
	return nil
}

// takeWhole marks groups, and those that refer to them, to be evaluated for everybody. A group that
// was deleted still reaches those that name it.
func (r *run) takeWhole(groups []GroupID) {
	for _, id := range append(r.refs.dependents(groups), groups...) {
		if s := r.groups[id]; s != nil {
			s.whole = true
		}
	}
}

// due reports whether the group must be looked at for everybody: it was saved since it was last
// processed, a group that it refers to has changed without it, or its time has come.
func (r *run) due(s *subject) bool {
	next := s.State.Next
	return s.State.Revision != s.Revision || s.State.Live != (s.Status == Active) ||
		s.State.Reads != r.reads(s, false) || !next.IsZero() && !next.After(r.now)
}

// names reports whether the rule has one of the units as an operand, whose existence matters to
// everybody.
func (r *Rule) names(units map[Tree]map[string]struct{}) bool {
	for _, set := range r.sets {
		for _, l := range set.leaves {
			if unit, ok := l.(*unitLeaf); ok {
				for id := range units[unit.tree] {
					if _, named := unit.goals[id]; named {
						return true
					}
				}
			}
		}
	}
	return false
}

// beneath tells the users who sit in one of the units or below.
func (r *run) beneath(units map[Tree]map[string]struct{}) func(*User) bool {
	reached := map[Tree]map[string]struct{}{}
	for tree, ids := range units {
		all := map[string]struct{}{}
		for id := range ids {
			all[id] = struct{}{}
			if h := r.trees[tree]; h != nil {
				for _, below := range h.lines.Below(id) {
					all[below] = struct{}{}
				}
			}
		}
		reached[tree] = all
	}
	return func(u *User) bool {
		for tree, ids := range reached {
			for _, unit := range u.Units[tree] {
				if _, in := ids[unit]; in {
					return true
				}
			}
		}
		return false
	}
}

// reports adds everybody beneath the users to the users of the run.
func (r *run) reports(ctx context.Context, users []UserID) error {
	dir, ok := As[Reporting](r.e.dir)
	if !ok {
		if err := r.readAllLines(ctx); err != nil {
			return err
		}
		for _, id := range users {
			for _, below := range r.lines.lines.Below(string(id)) {
				r.users[UserID(below)] = struct{}{}
			}
		}
		return nil
	}
	walked := map[UserID]struct{}{}
	for queue := slices.Clone(users); len(queue) > 0; queue = queue[1:] {
		if _, done := walked[queue[0]]; done {
			continue
		}
		walked[queue[0]] = struct{}{}
		for id, err := range dir.Reports(ctx, queue[0]) {
			if err != nil {
				return fmt.Errorf("read reports of %q: %w", queue[0], err)
			}
			r.users[id] = struct{}{}
			queue = append(queue, id)
		}
	}
	return nil
}
