package groups

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"strings"
	"time"
)

// Options tune an [Evaluator]. A nil *Options is the same as a zero one.
type Options struct {
	// Now is the clock, read once a run, and before and after it where Hooks are told how long it took; nil is time.Now.
	Now func() time.Time
	// Zone is where dates turn for groups that name no zone; nil is UTC.
	Zone *time.Location
	// Exclusions lets people keep users out of groups whatever the rule says. Off, stored
	// exclusions count for nothing, as in Docebo, where nobody can be kept out by force.
	Exclusions bool
	// Guard holds runs that would move suspiciously many members; nil is [DefaultGuard], and a zero
	// Guard holds nothing.
	Guard *Guard
	// FeedGuard is what [Evaluator.PlanImport] measures files of people by; nil is
	// [DefaultFeedGuard], and a zero FeedGuard objects to nothing.
	FeedGuard *FeedGuard
	// IndexBytes bounds the memory of the index of a Directory that is [Versioned], in bytes, about; zero is
	// 4 GiB. It is of the version that the Directory has when a run begins. Where it would be larger, and with
	// a negative bound, runs look at everybody, with the same result. Beside it what runs work with is kept for the
	// next, of no more than an eighth of it, or 2 MiB.
	IndexBytes int64
	// Hooks are told what the Evaluator does; nil tells nobody.
	Hooks *Hooks
}

// An Evaluator decides who is in which group: it reads people from a Directory and writes
// memberships to a Store. It is safe for concurrent use; no goroutine that it starts outlives a call. Of a
// Directory that is [Versioned] it keeps an index, so that runs over whole groups look only at whom they may
// move and, where the Store is a [Memory], runs over a few users only at the groups that their change concerns
// ([Options.IndexBytes]). Runs that write are done one after the other. Several Evaluators of one Store find each other's writes by conflict, and
// begin again.
type Evaluator struct {
	dir     Directory
	scoping Scoping // nil: every owner has to do with everybody
	store   Store
	memory  *Memory // within the Store, which is asked for it once; nil: there is none
	opts    Options
	rules   *ruleCache
	index   *index // nil: there is none
	// writing holds a token while a run is written: a run that read a user before a change must not
	// be written after the run that follows the change, nor after the user was forgotten.
	writing chan struct{}
}

// NewEvaluator returns an Evaluator of the people in dir and the groups in store.
func NewEvaluator(dir Directory, store Store, o *Options) *Evaluator {
	e := &Evaluator{dir: dir, store: store, rules: newRuleCache(), writing: make(chan struct{}, 1)}
	e.scoping, _ = As[Scoping](dir)
	e.memory, _ = As[*Memory](store)
	if o != nil {
		e.opts = *o
	}
	if e.opts.Now == nil {
		e.opts.Now = time.Now
	}
	if e.opts.Zone == nil {
		e.opts.Zone = time.UTC
	}
	e.index = newIndex(dir, store, e.opts.IndexBytes)
	return e
}

// Now is what the clock of the Evaluator says ([Options.Now]).
func (e *Evaluator) Now() time.Time { return e.opts.Now() }

// Options are those of the Evaluator, with the clock and the zone that nil stands for: what it takes to ask another one
// the same questions, at another time or about another Store.
func (e *Evaluator) Options() Options { return e.opts }

// schema reads the schema, and refuses one that rules could not rely on. The basis is a fingerprint of it and the
// options.
func (e *Evaluator) schema(ctx context.Context) (schema *Schema, basis uint64, err error) {
	schema, err = e.dir.Schema(ctx)
	if err == nil && schema == nil {
		err = fmt.Errorf("%w: there is none", ErrSchema)
	}
	if err == nil {
		basis, err = e.rules.basis(schema, &e.opts)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read schema: %w", err)
	}
	return schema, basis, nil
}

// over returns the same evaluator of other people, assigned to the same owners.
func (e *Evaluator) over(dir Directory) *Evaluator {
	other := *e
	other.dir, other.index = dir, nil
	return &other
}

var (
	// ErrGroup is wrapped by the error for a group that cannot be saved as it is: no name, an
	// unknown zone, kind, status or policy.
	ErrGroup = errors.New("not a usable group")
)

// checkGroup reports everything that keeps a group from being saved, and returns the rule that its criteria make
// under a schema that is valid, for as long as nobody writes to these.
func (e *Evaluator) checkGroup(schema *Schema, g Group) (*Rule, error) {
	errs := []error{g.ID.Check()}
	bad := func(format string, a ...any) {
		errs = append(errs, fmt.Errorf("group %q: %w: %s", g.ID, ErrGroup, fmt.Sprintf(format, a...)))
	}
	if strings.TrimSpace(g.Name) == "" {
		bad("no name")
	}
	if !storable(g.Name + g.Description + g.Owner) {
		bad("a name, description or owner that is not UTF-8 or has a NUL")
	}
	if err := g.Schedule.check(); err != nil {
		bad("%v", err)
	}
	if g.Kind > AutomaticGroup || g.Status > Active || g.Deactivated > DropAll {
		bad("an unknown kind, status or policy")
	}
	if _, err := e.rules.zone(g.Zone, nil); err != nil {
		bad("%v", err)
	}
	if g.Zone == time.Local.String() {
		bad("zone %q is another on every machine", g.Zone)
	}
	if g.Parent != "" {
		errs = append(errs, g.Parent.Check())
	}
	rule, err := schema.compile(g.Criteria)
	if err != nil {
		errs = append(errs, fmt.Errorf("group %q: %w", g.ID, err))
	}
	return rule, errors.Join(errs...)
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
// the revision the edit started from. No revision of a group is one of an earlier group of its ID. It returns the group as stored. What is wrong with the group
// is reported all at once, wrapping [ErrGroup], [ErrID] or a [*CriteriaError]; a stale revision is a
// [*ConflictError], a ring of references a [*CycleError]. Nobody moves until the group is processed;
// [Evaluator.Publish] saves and moves at once. The edit goes into the audit, and other criteria are
// kept as a version, of which the Store keeps the last 10.
func (e *Evaluator) Save(ctx context.Context, g Group, by string) (Group, error) {
	schema, _, err := e.schema(ctx)
	if err != nil {
		return Group{}, err
	}
	_, err = e.checkGroup(schema, g)
	if err := errors.Join(err, checkText(by)); err != nil {
		return Group{}, err
	}
	stored, err := e.stored(ctx, g.ID, g.Revision)
	if err != nil {
		return Group{}, err
	}
	g.SavedBy, g.SavedAt, g.State = by, e.opts.Now(), State{}
	do := actCreate
	if stored != nil {
		do, g.State = actEdit, stored.State
	} else if err := e.succeed(ctx, &g); err != nil {
		return Group{}, err
	}
	c := Commit{Writes: []Write{{Group: g.ID, Save: &g}}}
	if stored != nil {
		c.Writes[0].Revision = stored.Revision
	}
	if stored == nil {
		c.Writes[0].State = &g.State
	}
	c.Acts = []Act{definitionAct(do, stored, &g)}
	if c.Notes, err = e.versionNotes(ctx, stored, &g); err != nil {
		return Group{}, err
	}
	if err := e.store.Apply(ctx, c); err != nil {
		return Group{}, err
	}
	g.Revision++
	g.Criteria = g.Criteria.clone()
	return g, nil
}

// lastAct is the last act about a group, or with a blank ID of all; a zero Act is none.
func (e *Evaluator) lastAct(ctx context.Context, id GroupID) (last Act, err error) {
	for a, err := range e.store.Acts(ctx, id, "") {
		if err != nil {
			return Act{}, fmt.Errorf("read acts: %w", err)
		}
		last = a
	}
	return last, nil
}

// succeed tells a group that is created from one of the same ID that was deleted. Its revisions go on
// from there, so that nobody who looked at that one edits, publishes or deletes this one by mistake.
func (e *Evaluator) succeed(ctx context.Context, g *Group) error {
	last, err := e.lastAct(ctx, g.ID)
	if err != nil {
		return err
	}
	if g.State.Epoch = last.Cursor; last.Do != actDelete {
		return nil
	}
	var gone Group
	if err := json.Unmarshal(last.Before, &gone); err != nil {
		return fmt.Errorf("group %q, as it was deleted: %w", g.ID, err)
	}
	g.Revision = gone.Revision
	return nil
}

// stored is the group that an edit started from; nil is that it creates one. It refuses an edit of
// another revision than the stored one, and of a group that is not there.
func (e *Evaluator) stored(ctx context.Context, id GroupID, revision uint64) (*Group, error) {
	g, err := e.store.Group(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound) && revision == 0:
		return nil, nil
	case err != nil:
		return nil, err
	case g.Revision != revision:
		return nil, &ConflictError{Group: id, Revision: g.Revision, By: g.SavedBy, At: g.SavedAt}
	}
	return &g, nil
}

// Delete has a person delete a group, whose members all leave. It refuses a stale revision with a
// [*ConflictError], and with [ErrReferred] a group that another refers to or has as its parent.
func (e *Evaluator) Delete(ctx context.Context, group GroupID, revision uint64, by string) error {
	if err := checkText(by); err != nil {
		return err
	}
	return e.telling(ctx, "delete", func(told *Ended) error { return e.delete(ctx, group, revision, by, told) })
}

func (e *Evaluator) delete(ctx context.Context, group GroupID, revision uint64, by string, told *Ended) error {
	for n := 1; ; n++ {
		told.Conflicts = n - 1
		g, err := e.stored(ctx, group, revision)
		if err == nil && g == nil {
			err = fmt.Errorf("group %q: %w", group, ErrNotFound)
		}
		if err != nil {
			return err
		}
		w := Write{Group: group, Revision: revision, Was: &g.State, Delete: true}
		now := e.opts.Now()
		for m, err := range e.store.Members(ctx, group, "") {
			if err != nil {
				return err
			}
			w.Changes = append(w.Changes, leave(group, m, causeDeletion, by, now, g.State))
		}
		deletion := definitionAct(actDelete, g, nil)
		deletion.By, deletion.At = by, now
		c := Commit{Writes: []Write{w}, Acts: []Act{deletion}}
		told.Run, told.Users = leaves(&c, now), len(w.Changes)
		err = e.store.Apply(ctx, c)
		if err == nil || !errors.Is(err, ErrConflict) || n == attempts {
			return err
		}
	}
}

// leave is the change of a member who is in no more, by the act of a person.
func leave(group GroupID, m Member, cause Cause, by string, at time.Time, was State) Change {
	c := Change{Group: group, User: m.User, Kind: Left, Before: m.Method, After: Outside, Cause: cause, By: by, At: at}
	c.ID = changeID(&c, was)
	return c
}

// Trees are the units of the people as they are now, by tree, as a [View] has them.
func (e *Evaluator) Trees(ctx context.Context) (map[Tree]*Hierarchy, error) {
	r, err := e.start(ctx)
	if err != nil {
		return nil, err
	}
	e.index.lend(ctx, r, func() { maps.Copy(r.trees, e.index.trees) })
	if err := r.readTrees(ctx); err != nil {
		return nil, err
	}
	return r.trees, nil
}

// Evaluate works out what processing the groups would write, and writes nothing; without groups, all
// of them. A group that does not exist is an error that wraps [ErrNotFound]; an error of a source
// leaves no result at all.
func (e *Evaluator) Evaluate(ctx context.Context, groups ...GroupID) (*Run, error) {
	r, err := retried(func() (*run, error) { return e.run(ctx, groups) })
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
		s.whole = len(groups) == 0 && !s.waits
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

// A Tally is how many users a group has.
type Tally struct {
	Population int `json:"population"`
	Members    int `json:"members"`
	Undecided  int `json:"undecided"`
}

// Count is the live number while a rule is written: how many users a group would have if it were published
// as it is, by its rule within the scope of its owner, its policy, and what people have decided about the
// users of the stored group with its ID. Where the kind changes, its members count as assigned. It asks for no
// revision, looks at no other group, and writes nothing. It refuses what [Evaluator.Save] would refuse.
func (e *Evaluator) Count(ctx context.Context, g Group) (Tally, error) {
	t, _, err := e.CountPage(ctx, g, 0)
	return t, err
}

// CountPage is Count with the first page of who they are: the first n of the population by their IDs, fewer
// where there are fewer, each with how they would be in.
func (e *Evaluator) CountPage(ctx context.Context, g Group, n int) (Tally, []Member, error) {
	r, err := retried(func() (*run, error) {
		r, err := e.start(ctx)
		if err == nil {
			stored, _ := e.concerned(ctx, g)
			err = r.readGroups(stored, []Group{g}, 0)
		}
		if err == nil {
			err = e.revise(ctx, r, &edition{group: g.ID, members: MembersAssigned, alone: true, page: max(0, n)}, g)
		}
		if err == nil {
			err = r.evaluate(ctx)
		}
		return r, err
	})
	if err != nil {
		return Tally{}, nil, err
	}
	s := r.groups[g.ID]
	return Tally{s.diff.Population, s.diff.Members, len(s.diff.Undecided) + s.undecided}, listed(s.first.list), nil
}

// group is a stored group, of which nothing is written to; nil is that there is none.
func (e *Evaluator) group(ctx context.Context, id GroupID) (*Group, error) {
	if e.memory != nil {
		return e.memory.group(ctx, id)
	}
	switch g, err := e.store.Group(ctx, id); {
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	default:
		return &g, nil
	}
}

// concerned yields the stored groups that matter to how many users a group has: itself and those that its
// rule reads, however far, but for those that were found before. Where it matters who is beneath whom, that is all of them.
func (e *Evaluator) concerned(ctx context.Context, g Group, found ...Group) (list iter.Seq2[Group, error], all bool) {
	named, orBelow := g.Criteria.References()
	if len(orBelow) > 0 || len(named) > 0 && g.Parent != "" {
		return e.store.Groups(ctx), true
	}
	met := map[GroupID]bool{}
	for _, f := range found {
		met[f.ID] = true
	}
	var queue []GroupID
	for _, id := range append(named, g.ID) {
		if !met[id] {
			met[id] = true
			queue = append(queue, id)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		stored, err := e.group(ctx, queue[0])
		switch {
		case err != nil:
			return func(yield func(Group, error) bool) { yield(Group{}, err) }, false
		case stored == nil:
			continue
		}
		found = append(found, *stored)
		if stored.ID == g.ID || stored.Kind != AutomaticGroup {
			continue
		}
		named, orBelow := stored.Criteria.References()
		if len(orBelow) > 0 {
			return e.store.Groups(ctx), true
		}
		for _, id := range named {
			if !met[id] {
				met[id] = true
				queue = append(queue, id)
			}
		}
	}
	return func(yield func(Group, error) bool) {
		for _, stored := range found {
			if !yield(stored, nil) {
				return
			}
		}
	}, false
}

// Process evaluates the groups, or all of them, and writes the result: all of it, or on an error
// nothing. The changes carry their causes. What the [Guard] holds is in Run.Held, and not written.
// Groups with a [Schedule] that are not due are processed only if they are named. Where another writer
// came in between, it starts again.
func (e *Evaluator) Process(ctx context.Context, groups ...GroupID) (*Run, error) {
	return e.write(ctx, "process", func() (*run, error) { return e.run(ctx, groups) })
}

// attempts is how often a run is repeated when another writer was faster.
const attempts = 10

// errMoved ends a run that has read a group in two states. It begins again.
var errMoved = fmt.Errorf("a group was written while it was read: %w", ErrConflict)

// retried does something that may end with errMoved, until it does not.
func retried[T any](do func() (T, error)) (T, error) {
	for n := 1; ; n++ {
		v, err := do()
		if !errors.Is(err, errMoved) || n == attempts {
			return v, err
		}
	}
}

// still returns errMoved where the group is not stored in the state any more that the run began with.
func (r *run) still(ctx context.Context, s *subject) error {
	g, err := r.e.store.Group(ctx, s.ID)
	switch {
	case err != nil && !errors.Is(err, ErrNotFound):
		return fmt.Errorf("read group %q: %w", s.ID, err)
	case (err == nil) != s.stored, err == nil && !g.State.Equal(s.State):
		return errMoved
	}
	return nil
}

// carryOut is [Evaluator.write] without telling anybody.
func (e *Evaluator) carryOut(ctx context.Context, evaluate func() (*run, error)) (*Run, error) {
	done, err := e.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	for n := 1; ; n++ {
		r, err := retried(evaluate)
		if err != nil {
			return nil, err
		}
		c := r.commit()
		if len(c.Writes)+len(c.Acts) == 0 {
			e.index.wrote(nil, r)
			return r.result(), nil
		}
		err = e.store.Apply(ctx, c)
		if err == nil {
			e.index.wrote(c.Writes, r)
			return r.result(), nil
		}
		if !errors.Is(err, ErrConflict) || n == attempts {
			return nil, fmt.Errorf("write: %w", err)
		}
	}
}

// turn waits until no run is being written, and has others wait until done is called.
func (e *Evaluator) turn(ctx context.Context) (done func(), err error) {
	select {
	case e.writing <- struct{}{}:
		return func() { <-e.writing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Explain says why a user is in a group or not: the whole rule with what the user had, the line
// of the decision table, and what would change it. It evaluates the group and those it refers to afresh, as processing all of
// them would for this user, and writes nothing. An unknown group or user is an error that wraps
// [ErrNotFound].
func (e *Evaluator) Explain(ctx context.Context, group GroupID, user UserID) (*Explanation, error) {
	seen, err := e.lookAt(ctx, group, user)
	if err != nil {
		return nil, err
	}
	s, u := seen.subject, seen.user
	x := seen.run.explain(s, u, s.standing)
	x.Otherwise = []Counterfactual{}
	if s.rule != nil && u != nil {
		x.Otherwise = s.rule.otherwise(u, &s.view, x.Verdict, among{seen.run, s})
	}
	return x, nil
}

// explain tells about the user that the run is just looking at.
func (r *run) explain(s *subject, u *User, st Standing) *Explanation {
	x := &Explanation{Match: MatchAll.String(), Sets: []SetVerdict{}, Now: r.now, Zone: zoneName(s.view.Zone), Verdict: No}
	switch {
	case s.broken || u == nil:
		x.Verdict = Unknown
	case s.rule != nil:
		x = s.rule.explain(u, &s.view)
	}
	if u != nil && (s.scope != nil || s.unread) {
		within := Unknown
		if !s.unread {
			within = s.scope(u)
		}
		x.Scope = &within
	}
	st, by := r.standingOf(s, u, st)
	switch {
	case s.waits && !s.whole:
		x.Waits = waitsForSchedule
	case s.held:
		x.Waits = waitsForGuard
	}
	if st.Assignment != nil && u != nil {
		without := st
		without.Assignment = nil
		after, _ := r.standingOf(s, u, without)
		x.Unassigned = &Fate{Before: st.Population, After: after.Population, Undecided: after.Undecided}
	}
	x.Group, x.User, x.Frozen = s.ID, st.User, s.Frozen
	x.Population, x.Member, x.Automatic = st.Population, st.Member, st.Automatic
	x.Reason, x.Undecided = by, st.Undecided
	if st.Undecided {
		x.Reason = byUnknown
	}
	x.Assignment, x.Exclusion = st.Assignment, st.Exclusion
	return x
}

// standingOf is what becomes of a standing by the data, while the group may wait for its schedule or be held.
func (r *run) standingOf(s *subject, u *User, st Standing) (Standing, Reason) {
	next, by := s.settle(u, s.verdict(u), st, r.now, r.e.opts.Exclusions)
	switch {
	case s.waits && !s.whole:
		next.Population, next.Member = st.Population, st.Member
	case s.held:
		next, by = s.holdBack(u, st, r.now, r.e.opts.Exclusions)
	}
	return next, by
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
	if e.memory != nil {
		method, err := e.memory.member(ctx, group, user)
		return method != Outside, err
	}
	st, err := standingAmong(e.store.StandingsOf(ctx, user), group, user)
	return st.Member != Outside, err
}
