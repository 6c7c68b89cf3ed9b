package groups

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/lineage"
	"github.com/grouprules/groups/internal/ordered"
)

// A Run is the result of one evaluation: one clock, all groups or those asked for.
type Run struct {
	// Now is the clock of the run.
	Now time.Time `json:"now"`
	// Diffs has one entry for each group evaluated, sorted by group.
	Diffs []Diff `json:"diffs"`
	// Held is what the [Guard] holds back, sorted by group: nothing of it is in Diffs.
	Held []*Plan `json:"held"`
	// Findings is what is wrong with the data, sorted; it stopped nothing.
	Findings []Finding `json:"findings"`
	// Next is the earliest instant, in UTC, at which time alone can change a group or a scheduled group is
	// due, of all groups, whichever the run looked at; it is past where something is due already. Zero is
	// never.
	Next time.Time `json:"next,omitzero"`
	// Saved is the revision of the definition that was written with it, by [Evaluator.Publish] or [Evaluator.Adopt];
	// zero is that none was.
	Saved uint64 `json:"saved,omitempty"`
}

// Diff returns the entry for one group.
func (r *Run) Diff(id GroupID) (Diff, bool) {
	for _, d := range r.Diffs {
		if d.Group == id {
			return d, true
		}
	}
	return Diff{}, false
}

// Empty reports whether no membership changes.
func (r *Run) Empty() bool {
	for i := range r.Diffs {
		if !r.Diffs[i].Empty() {
			return false
		}
	}
	return true
}

// Changes returns all changes of the run, by group and then by user.
func (r *Run) Changes() []Change {
	var all []Change
	for i := range r.Diffs {
		all = append(all, r.Diffs[i].changes()...)
	}
	return all
}

// run is one evaluation under way: one clock, one reading of groups and units, one pass over the
// people. Each user is taken through the groups in the order of their references, so that a
// condition on a group finds that group's answer for the same user.
type run struct {
	e      *Evaluator
	now    time.Time
	schema *Schema
	// basis is a fingerprint of the schema and the options.
	basis uint64

	groups map[GroupID]*subject
	order  []*subject // those read by others first
	refs   *references
	below  map[GroupID][]GroupID // what refs.beneath has answered
	trees  map[Tree]*Hierarchy
	lines  *Hierarchy
	survey survey

	// users are looked at in every group that is partial; resides picks more of them by their units.
	users   map[UserID]struct{}
	resides func(*User) bool
	above   []UserID // everybody beneath them is looked at as well
	// act changes what is stored about a user in one group before that is decided, and acts is what
	// is written down about it.
	act  *act
	acts []Act
	// guard judges the run; nil judges nothing. moved are units that are known to have moved, and
	// before, where set, is how users were before the change that the run is about.
	guard  *Guard
	total  total
	moved  map[Tree]map[string]struct{}
	before func(UserID) (User, error)
	// horizon, where set, wants to know what comes after the run.
	horizon *horizon
	// edition is a definition that is written with the run.
	edition *edition
	// A glance looks at the users by an index; everywhere, where set, is that the run has but the groups that one looks at.
	// followed says that the index can, and told is how many flips it had told of.
	glance     *glance
	everywhere *everywhere
	followed   bool
	told       uint64
	// around, where set, is the group that the run reads, with none but those that its rule reads. Of supposing is asked
	// what would be if a user were another.
	around    GroupID
	few       bool // the run has but some of the groups
	supposing *subject
	met       map[UserID]*User // who was read, where that is asked about one of them
	// named, where set, are those of the users who are looked at for what they are, and the rest are looked at
	// because of them.
	named map[UserID]struct{}
	// progress is told how many users were looked at.
	progress func(users int)
	looked   int // how many users were looked at
}

// noDay is a day that does not come.
const noDay = calendar.Day(math.MaxInt32)

// begin reads the schema and the groups, with drafts in the place of those with their IDs.
func (e *Evaluator) begin(ctx context.Context, drafts []Group) (*run, error) {
	r, err := e.start(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.readGroups(e.store.Groups(ctx), drafts, e.rules.arranged()+len(drafts)); err != nil {
		return nil, err
	}
	e.rules.keep(r.groups)
	return r, nil
}

// start reads the schema.
func (e *Evaluator) start(ctx context.Context) (*run, error) {
	r := &run{
		e: e, now: e.opts.Now(), groups: map[GroupID]*subject{}, below: map[GroupID][]GroupID{},
		trees: map[Tree]*Hierarchy{},
	}
	var err error
	if r.schema, r.basis, err = e.schema(ctx); err != nil {
		return nil, err
	}
	if r.guard = e.opts.Guard; r.guard == nil {
		r.guard = DefaultGuard()
	}
	return r, nil
}

// readGroups reads the groups of the run, about as many as expected, and puts them in the order of their references.
func (r *run) readGroups(stored iter.Seq2[Group, error], drafts []Group, expected int) error {
	r.groups = make(map[GroupID]*subject, expected)
	all := make([]*Group, 0, expected)
	read, subjects := newShelf[Group](expected), newShelf[subject](expected)
	for g, err := range stored {
		if err != nil {
			return fmt.Errorf("read groups: %w", err)
		}
		s := subjects.put(subject{Group: read.put(g), stored: true})
		r.groups[g.ID] = s
		all = append(all, s.Group)
	}
	for _, g := range drafts {
		if s, ok := r.groups[g.ID]; ok {
			was := *s.Group
			g.State = was.State
			*s.Group, s.was, s.draft = g, &was, true
			continue
		}
		s := subjects.put(subject{Group: read.put(g), draft: true})
		r.groups[g.ID] = s
		all = append(all, s.Group)
	}
	r.arrange(r.e.rules.arrange(all, r.around, len(drafts) > 0))
	return nil
}

// arrange puts the groups of the run in the order of an arrangement, which may have others as well.
func (r *run) arrange(a *arrangement) {
	r.refs, r.order = a.refs, make([]*subject, 0, len(a.order))
	for _, of := range a.order {
		s := r.groups[of.id]
		if s == nil {
			continue
		}
		s.cyclic, s.needs = of.cyclic, of.needs
		s.held = s.State.Held != ""
		s.waits = s.scheduled() && s.due().After(r.now)
		r.order = append(r.order, s)
	}
}

// readTrees reads the units, once.
func (r *run) readTrees(ctx context.Context) error {
	if len(r.trees) > 0 {
		return nil
	}
	trees, err := treesOf(ctx, r.e.dir, r.schema)
	maps.Copy(r.trees, trees)
	return err
}

// treesOf reads the units of a Directory.
func treesOf(ctx context.Context, dir Directory, schema *Schema) (map[Tree]*Hierarchy, error) {
	units := map[Tree][]Unit{}
	for _, t := range schema.Trees {
		units[t] = nil
	}
	for u, err := range dir.Units(ctx) {
		if err != nil {
			return nil, fmt.Errorf("read units: %w", err)
		}
		units[u.Tree] = append(units[u.Tree], u)
	}
	trees := make(map[Tree]*Hierarchy, len(units))
	for tree, list := range units {
		trees[tree] = NewTree(list...)
	}
	return trees, nil
}

// prepare compiles what is to be evaluated and sets the clock: no run is earlier than the last run
// of one of its groups.
func (r *run) prepare() {
	last := time.Time{}
	for _, s := range r.order {
		if !s.whole && !s.partial {
			continue
		}
		if s.State.Clock.After(last) {
			last = s.State.Clock
		}
		r.compile(s)
	}
	if r.now.Before(last) {
		r.survey.skew(r.now, last)
		r.now = last
	}
	for _, s := range r.order {
		s.view.Now = r.now
		s.view.Trees = r.trees
		s.view.Memberships = r
		s.today, s.turn = calendar.In(r.now, s.view.Zone), noDay
	}
}

// compile makes the subject's rule and view. Criteria that no longer fit the schema make everybody
// Unknown rather than stop the run: trouble with one group moves nobody, there or elsewhere.
func (r *run) compile(s *subject) {
	if s.broken {
		return
	}
	var err error
	if s.view.Zone, err = r.e.rules.zone(s.Zone, r.e.opts.Zone); err == nil && s.Kind == AutomaticGroup && s.rule == nil {
		s.rule, err = r.e.rules.compile(r.schema, *s.Group)
	}
	if err != nil {
		s.broken, s.rule = true, nil
		r.survey.brokenRule(s.ID, err)
	}
}

// evaluate takes everybody through the whole groups and the users of the run through the partial
// ones, and has the guard judge the result. Where that holds groups it does so again, since others may
// read them. When it fails nothing of the run is to be used.
func (r *run) evaluate(ctx context.Context) error {
	if err := r.readHeld(ctx); err != nil {
		return err
	}
	for _, s := range r.order {
		s.held = s.held && !s.trusted && (!s.whole || s.paused())
	}
	r.prepare()
	if err := r.readScopes(ctx); err != nil {
		return err
	}
	for {
		survey := r.survey
		if err := r.pass(ctx); err != nil {
			return err
		}
		if !r.judge() {
			return nil
		}
		if err := r.learn(ctx); err != nil {
			return err
		}
		r.survey = survey
		r.again()
	}
}

// again makes the run ready for another pass. That may look at everybody where this one did at a few, and then needs the
// lines of others as well.
func (r *run) again() {
	r.acts, r.glance, r.lines = nil, nil, nil
	if r.act != nil {
		r.act.refused = nil
	}
	for _, s := range r.order {
		s.diff, s.standings, s.kept, s.first, s.undecided, s.automatic = Diff{}, nil, nil, page{size: s.first.size}, 0, 0
		if s.hold != nil {
			s.hold = &holding{limits: s.hold.limits, causes: causes{}}
		}
		s.next, s.turn = time.Time{}, noDay
		s.recipe, s.terms, s.toJoin, s.roster, s.preset, s.listed, s.redecided, s.movers, s.unordered = nil, nil, nil, nil, false, nil, nil, nil, false
	}
}

// pass is one look at the people.
func (r *run) pass(ctx context.Context) error {
	whole := slices.ContainsFunc(r.order, func(s *subject) bool { return s.whole })
	if whole {
		if done, err := r.byIndex(ctx); done || err != nil {
			return err
		}
		if r.horizon != nil {
			return errUnforeseen
		}
	}
	if err := r.reports(ctx); err != nil {
		return err
	}
	if err := r.readAbove(ctx, whole); err != nil {
		return err
	}
	if whole || r.resides != nil {
		return r.everybody(ctx, func(scanned []*subject, id UserID, u *User) { r.visit(scanned, id, u, false) })
	}
	return r.some(ctx)
}

// readAbove reads what the people are beneath: the units and the reporting lines, as far as the groups need them.
func (r *run) readAbove(ctx context.Context, whole bool) error {
	units := slices.ContainsFunc(r.order, func(s *subject) bool { return s.rule != nil && s.rule.units })
	if whole || units {
		if err := r.readTrees(ctx); err != nil {
			return err
		}
	}
	if err := r.readLines(ctx, whole); err != nil {
		return err
	}
	for _, s := range r.order {
		s.view.Lines = r.lines
	}
	return nil
}

// some takes the users of the run through the groups.
func (r *run) some(ctx context.Context) error {
	r.looked = max(r.looked, len(r.users))
	for _, id := range slices.Sorted(maps.Keys(r.users)) {
		u, err := r.user(ctx, id)
		if err != nil {
			return err
		}
		if err := r.alone(ctx, id, u); err != nil {
			return err
		}
	}
	return nil
}

// user reads one user; nil is one who is not in the directory.
func (r *run) user(ctx context.Context, id UserID) (*User, error) {
	if u, met := r.met[id]; met {
		return u, nil
	}
	found, err := r.e.dir.User(ctx, id)
	u := &found
	switch {
	case errors.Is(err, ErrNotFound):
		u = nil
	case err != nil:
		return nil, fmt.Errorf("read user %q: %w", id, err)
	}
	if r.met != nil {
		r.met[id] = u
	}
	return u, nil
}

// alone takes one user through the partial groups.
func (r *run) alone(ctx context.Context, id UserID, u *User) error {
	if err := r.readStandings(ctx, id); err != nil {
		return fmt.Errorf("read standings of user %q: %w", id, err)
	}
	r.visit(r.order, id, u, true)
	return nil
}

// readStandings reads what is stored about one user: of a Memory no more than about the groups of a run that reads but a few.
func (r *run) readStandings(ctx context.Context, id UserID) error {
	if m := r.e.memory; m != nil && r.around != "" {
		return m.stand(ctx, id, r.order)
	}
	for _, s := range r.order {
		s.standing = Standing{Group: s.ID, User: id}
	}
	for st, err := range r.e.store.StandingsOf(ctx, id) {
		if err != nil {
			return err
		}
		if s, ok := r.groups[st.Group]; ok {
			s.standing = st
		}
	}
	return nil
}

// everybody merges the people with the standings of the groups concerned, all ascending by user, so
// that those who left the directory are met as well, and looks at each who is not of the users of the run.
func (r *run) everybody(ctx context.Context, look func(scanned []*subject, id UserID, u *User)) error {
	read := r.readByWhole()
	var scanned []*subject
	for _, s := range r.order {
		if s.whole || read[s.ID] {
			scanned = append(scanned, s)
		}
	}

	people := ordered.NewCursor(r.e.dir.Users(ctx), func(u User) UserID { return u.ID })
	defer people.Stop()
	rows := make([]*ordered.Cursor[UserID, Standing], len(scanned))
	for i, s := range scanned {
		stream := r.e.store.Standings(ctx, s.ID, "")
		if !s.stored {
			stream = func(func(Standing, error) bool) {}
		}
		rows[i] = ordered.NewCursor(stream, func(st Standing) UserID { return st.User })
		defer rows[i].Stop()
	}
	r.survey.begin(r)
	asked := slices.Sorted(maps.Keys(r.users)) // who may be in neither stream
	r.looked = 0
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if r.progress != nil && n > 0 && n%10_000 == 0 {
			r.progress(n)
		}
		id, more, err := people.Head()
		if err != nil {
			return fmt.Errorf("read users: %w", err)
		}
		if len(asked) > 0 && (!more || asked[0] < id) {
			id, more = asked[0], true
		}
		for i, c := range rows {
			head, ok, err := c.Head()
			if err != nil {
				return fmt.Errorf("read standings of group %q: %w", scanned[i].ID, err)
			}
			if ok && (!more || head < id) {
				id, more = head, true
			}
		}
		if !more {
			if r.progress != nil {
				r.progress(n)
			}
			return nil
		}
		if len(asked) > 0 && asked[0] == id {
			asked = asked[1:]
		}
		var u *User
		if taken, ok := people.Take(id); ok {
			u = &taken
			r.looked++
			if err := id.Check(); err != nil {
				return fmt.Errorf("read users: %w", err)
			}
			r.survey.meet(r, u)
		}
		for i, s := range scanned {
			if st, ok := rows[i].Take(id); ok {
				s.standing = st
			} else {
				s.standing = Standing{Group: s.ID, User: id}
			}
		}
		_, affected := r.users[id]
		if affected || u != nil && r.resides != nil && r.resides(u) {
			if err := r.alone(ctx, id, u); err != nil {
				return err
			}
			continue
		}
		look(scanned, id, u)
	}
}

// visit takes one user through groups, in order. affected users are decided in the partial groups
// too; in the others a group only answers as it was written.
func (r *run) visit(groups []*subject, id UserID, u *User, affected bool) {
	for _, s := range groups {
		switch {
		case s.whole, affected && s.partial:
			r.decide(s, id, u, s.verdict(u))
			s.foresee(u)
		case s.cyclic, s.Status != Active, !s.State.Live, s.standing.Undecided:
			s.answer = Unknown
		default:
			s.answer = verdictOf(s.standing.Member != Outside)
		}
	}
}

// MemberOf answers conditions on groups, for the user at hand.
func (r *run) MemberOf(_ UserID, g GroupID, orBelow bool) Verdict {
	answer := r.answer(g)
	if !orBelow {
		return answer
	}
	below, ok := r.below[g]
	if !ok {
		below = r.refs.beneath(g)
		r.below[g] = below
	}
	for _, b := range below {
		if answer == Yes {
			break
		}
		answer = MatchAny.join(answer, r.answer(b))
	}
	return answer
}

func (r *run) answer(g GroupID) Verdict {
	if r.glance != nil {
		return r.glance.answer(g)
	}
	if s, ok := r.groups[g]; ok && !s.cyclic {
		return s.answer
	}
	return Unknown
}

// decide settles one user in one group, about whom the rule has that verdict, and notes what that changes.
func (r *run) decide(s *subject, id UserID, u *User, verdict Verdict) {
	stored := s.standing
	revised, meant := r.act.revise(r, stored)
	if e := r.edition; e != nil && e.group == s.ID {
		revised = e.turn(r, s.Kind, revised)
	}
	next, by := s.settle(u, verdict, revised, r.now, r.e.opts.Exclusions)
	stays := next.Population != Outside
	switch {
	case s.waits && !s.whole && meant && r.act.by == string(id):
		next, by = s.holdBack(u, revised, r.now, r.e.opts.Exclusions) // self-registration
	case s.waits && !s.whole:
		next = revised
	case s.held:
		kept, why := s.holdBack(u, revised, r.now, r.e.opts.Exclusions)
		if s.hold != nil {
			r.withhold(s, u, kept, next, by)
		}
		next, by, stays = kept, why, kept.Population != Outside
	}
	if meant && r.act.takeOut && stays {
		r.act.refused = append(r.act.refused, &EligibleError{s.ID, id, r.explain(s, u, revised)})
	}

	s.answer = s.answerOf(next)
	if r.isBystander(s, id) && sameStanding(stored, next) {
		return
	}
	if next.Undecided {
		s.diff.Undecided = append(s.diff.Undecided, Member{id, next.Population})
	}
	if s.preset {
		s.uncount(stored)
	}
	if next.Population != Outside {
		s.diff.Population++
		s.first.put(Member{id, next.Population})
	}
	if next.Member != Outside {
		s.diff.Members++
	}
	if next.Member == Automatic {
		s.automatic++
	}
	s.expect(next.Assignment, r.now)
	if !sameStanding(stored, next) {
		s.standings = append(s.standings, next)
	}
	switch {
	case stored.Member != next.Member:
		s.diff.add(r.change(s, stored, next, stored.Member, next.Member, by, meant))
	case !s.effective() && stored.Population != next.Population:
		s.diff.Withheld = append(s.diff.Withheld, r.change(s, stored, next, stored.Population, next.Population, by, meant))
	case r.edition != nil && r.edition.group == s.ID && next.Population != Outside:
		s.kept = append(s.kept, Member{id, next.Population})
	}
}

// answerOf is what a condition on the group finds about a user who stands so.
func (s *subject) answerOf(st Standing) Verdict {
	if st.Undecided || s.cyclic || s.Status != Active || !s.effective() {
		return Unknown
	}
	return verdictOf(st.Member != Outside)
}

// isBystander reports whether the user is looked at because of somebody else: they count only if they change.
func (r *run) isBystander(s *subject, id UserID) bool {
	if s.whole || r.named == nil {
		return false
	}
	_, named := r.named[id]
	return !named
}

// sooner is the earlier of two instants, of which zero is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// readLines reads the reporting lines as far as the rules need them: everybody's when everybody is
// looked at anyway or a rule asks for reports, else those of the users of the run.
func (r *run) readLines(ctx context.Context, whole bool) error {
	climbs, reports := false, false
	for _, s := range r.order {
		if s.rule != nil && (s.whole || s.partial) {
			climbs = climbs || s.rule.lines
			reports = reports || s.rule.reports
		}
	}
	switch {
	case r.lines != nil, !climbs && !reports:
		return nil
	case whole, reports, r.resides != nil:
		return r.readAllLines(ctx)
	}
	asked := slices.Collect(maps.Keys(r.users))
	var links []lineage.Link
	if r.supposing != nil {
		for _, s := range r.order {
			if s.partial && s.rule != nil {
				asked = append(asked, s.rule.managers()...)
			}
		}
		if r.e.index.lend(ctx, r, func() { links = r.e.index.lines.up(asked) }) {
			r.lines = &Hierarchy{lineage.New(slices.Values(links))}
			return nil
		}
	}
	seen := map[UserID]bool{}
	for _, id := range asked {
		for id != "" && !seen[id] {
			u, err := r.user(ctx, id)
			if err != nil {
				return err
			}
			if u == nil {
				break
			}
			links, seen[id] = append(links, lineLink(u)), true
			id, _ = u.Manager.ID()
		}
	}
	r.lines = &Hierarchy{lineage.New(slices.Values(links))}
	return nil
}

func (r *run) readAllLines(ctx context.Context) error {
	if r.lines != nil {
		return nil
	}
	var links []lineage.Link
	for u, err := range r.e.dir.Users(ctx) {
		if err != nil {
			return fmt.Errorf("read users: %w", err)
		}
		links = append(links, lineLink(&u))
	}
	r.lines = &Hierarchy{lineage.New(slices.Values(links))}
	return nil
}
