package groups

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
)

// This file holds the run by an index. It finds who may move (candidates.go): whom the rules hold for and who are not
// in, who are in without, and whoever else may have to. It decides about those as a run that looks at everybody does.
// Whoever is not a candidate stays as they are.

// byIndex is a look at the people by the index. It reports whether there is one.
func (r *run) byIndex(ctx context.Context) (bool, error) {
	x := r.e.index
	if x == nil {
		return false, nil
	}
	if ok, err := x.begin(ctx, r); !ok {
		return false, err
	}
	done, err := r.sweepAndLook(ctx, x)
	x.reading.RUnlock()
	if err == nil && done && !r.followed {
		err = r.alongside(ctx)
	}
	if !done || err != nil {
		return false, err
	}
	if r.decidesMore() {
		swept := slices.DeleteFunc(slices.Clone(r.order), func(s *subject) bool { return !s.preset })
		inParallel(len(swept), func() func(int) { return func(i int) { swept[i].finish(r) } })
	}
	if r.edition != nil {
		slices.SortStableFunc(r.acts, func(a, b Act) int { return strings.Compare(string(a.User), string(b.User)) })
	}
	unlock := x.lock()
	x.settle(r, false)
	unlock()
	return true, nil
}

// sweepAndLook is the part of it that holds the lock. It reports false where everybody must be looked at to
// find the users of the run.
func (r *run) sweepAndLook(ctx context.Context, x *index) (bool, error) {
	if !r.followed {
		if r.resides != nil {
			return false, nil
		}
		if err := r.reports(ctx); err != nil {
			return false, err
		}
		return true, r.sweep(ctx, x)
	}
	g := newGlance(r, x)
	g.bystanders()
	if err := r.sweep(ctx, x); err != nil {
		return false, err
	}
	return true, g.lookAtAll(ctx)
}

// decidesMore reports whether the run decides about others than those whom it finds by the index.
func (r *run) decidesMore() bool { return r.followed || len(r.users) > 0 }

// alongside decides about the users of the run, in the groups that are looked at as a whole too.
func (r *run) alongside(ctx context.Context) error {
	if len(r.users) == 0 {
		return nil
	}
	if err := r.readLines(ctx, false); err != nil {
		return err
	}
	for _, s := range r.order {
		s.view.Lines = r.lines
	}
	return r.some(ctx)
}

// sweep decides about the candidates of all groups, those first whose memberships others read.
func (r *run) sweep(ctx context.Context, x *index) error {
	if r.edition == nil || !r.edition.alone { // who only counts is told nothing
		r.survey.fromIndex(r, x)
	}
	r.told = x.flips.told
	var done func(*subject)
	if !r.decidesMore() {
		done = func(s *subject) { s.finish(r) }
	}
	answers, err := r.decideByLevels(ctx, x, r.readByWhole(), done)
	if err != nil {
		return err
	}
	if r.horizon != nil {
		if err := r.horizon.look(ctx, r, x, answers); err != nil {
			return err
		}
	}
	return r.tellProgress(ctx, x.present.Count())
}

// readByWhole are the groups that whole groups read.
func (r *run) readByWhole() map[GroupID]bool {
	read := map[GroupID]bool{}
	for _, s := range r.order {
		if s.whole {
			for _, id := range s.needs {
				read[id] = true
			}
		}
	}
	return read
}

// decideByLevels decides about the candidates of the whole groups, and returns what conditions find in those of all
// groups that are read.
func (r *run) decideByLevels(ctx context.Context, x *index, read map[GroupID]bool, done func(*subject)) (answers map[GroupID]program.Term, err error) {
	level := map[GroupID]int{}
	var levels [][]*subject
	for _, s := range r.order {
		n := 0
		for _, id := range s.needs {
			if !s.cyclic {
				n = max(n, level[id]+1)
			}
		}
		level[s.ID] = n
		if !s.whole {
			continue
		}
		for len(levels) <= n {
			levels = append(levels, nil)
		}
		levels[n] = append(levels[n], s)
	}
	answers = map[GroupID]program.Term{}
	for _, s := range r.order {
		if read[s.ID] && !s.whole {
			answers[s.ID] = x.answer(s, s.State.Live, nil)
		}
	}
	searches := x.searches(r, levels)
	gathered := x.gather(searches)
	defer x.putBack(gathered)
	for i, list := range levels {
		for _, s := range list {
			r.enlist(s, x, answers)
		}
		found, err := x.candidates(ctx, lookWide(searches[i]))
		if err != nil {
			return nil, err
		}
		if err := r.decideAll(ctx, x, searches[i], found, read, answers, done); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// tellProgress tells as often as a look at everybody does, and may be cancelled as often.
func (r *run) tellProgress(ctx context.Context, users int) error {
	r.looked = users
	if r.progress == nil {
		return nil
	}
	for n := 10_000; n < users; n += 10_000 {
		if r.progress(n); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	r.progress(users)
	return ctx.Err()
}

// enlist makes a group ready: it counts as it is stored, and what its rule reads of other groups is known.
func (r *run) enlist(s *subject, x *index, answers map[GroupID]program.Term) {
	s.found = settlement{
		revision: s.Revision, stirred: x.stirred.length(), flipped: x.flips.flipped.length(), lost: x.flips.lost, now: r.now,
		ruled: s.asks() && s.scope == nil && !s.unread && !s.broken, filled: x.filled,
	}
	s.preset = true
	if ro := s.roster; ro != nil {
		s.automatic, s.listed = ro.membersByRule, ro.listed
		s.diff.Population, s.diff.Members = ro.populations, ro.members
		if s.hold != nil {
			s.hold.planned.Population, s.hold.planned.Members = ro.populations, ro.populations
		}
		for _, until := range ro.until {
			s.expect(&Assignment{Until: until}, r.now)
		}
	}
	r.enterTerms(s, x, answers)
}

// A joinedTerm is a term that reads several groups, joined by a program.
type joinedTerm struct {
	term  int
	of    program.Program
	reads []program.Term
}

// join joins the terms of a group that read several others, of everybody.
func (x *index) join(s *subject) {
	for _, j := range s.toJoin {
		if s.terms[j.term].Yes == nil {
			s.terms[j.term] = x.joined(&j.of, j.reads)
		}
	}
}

// enterTerms has the rule of a group ask for what is known of other groups, but for what is to be joined.
func (r *run) enterTerms(s *subject, x *index, answers map[GroupID]program.Term) {
	if s.recipe == nil {
		return
	}
	s.terms, s.toJoin = s.recipe.terms, nil
	if len(s.recipe.groups) > 0 {
		s.terms = slices.Clone(s.terms)
		for _, g := range s.recipe.groups {
			of, reads := x.reads(r, g.leaf, answers)
			if s.found.reads = append(s.found.reads, reads...); len(reads) == 1 {
				s.terms[g.term] = reads[0]
			} else {
				s.toJoin = append(s.toJoin, joinedTerm{g.term, of, reads})
			}
		}
	}
}

// answer is what conditions find in a group: its members, as they are stored but for those decided about,
// and of whom they are unknown.
func (x *index) answer(s *subject, live bool, decided map[uint32]Verdict) program.Term {
	if s.cyclic || s.Status != Active || !live {
		return program.Term{Yes: new(userset.Set), Unknown: &x.present}
	}
	stored := program.Term{Yes: new(userset.Set), Unknown: new(userset.Set)}
	if s.roster != nil {
		stored = *s.roster.answer
	}
	return x.amended(stored, decided)
}

// amended is a term with other verdicts on some users.
func (x *index) amended(was program.Term, verdicts map[uint32]Verdict) program.Term {
	if len(verdicts) == 0 {
		return was
	}
	t := program.Term{Yes: new(userset.Set), Unknown: new(userset.Set)}
	var b userset.Bits
	for chunk, users := range chunksOf(len(x.ids)) {
		was.Yes.Load(chunk, &b)
		t.Yes.Put(chunk, &b, users)
		was.Unknown.Load(chunk, &b)
		t.Unknown.Put(chunk, &b, users)
	}
	for n, v := range verdicts {
		include(t.Yes, n, v == Yes)
		include(t.Unknown, n, v == Unknown)
	}
	return t
}

// membersOf is the term of a condition on groups.
func (x *index) membersOf(r *run, l *groupLeaf, answers map[GroupID]program.Term) program.Term {
	of, reads := x.reads(r, l, answers)
	return x.joined(&of, reads)
}

// reads are what it finds in the groups, and how these are joined.
func (x *index) reads(r *run, l *groupLeaf, answers map[GroupID]program.Term) (of program.Program, terms []program.Term) {
	of.Any = l.match == MatchAny
	for _, each := range x.namedTerms(r, l, answers).each {
		clause := program.Clause{Any: true}
		for _, term := range each {
			clause.Literals = append(clause.Literals, program.Literal{Term: len(terms)})
			terms = append(terms, term)
		}
		of.Clauses = append(of.Clauses, clause)
	}
	return of, terms
}

// joined is the term of a program.
func (x *index) joined(of *program.Program, terms []program.Term) program.Term {
	if len(terms) == 1 {
		return terms[0]
	}
	w := x.sweeper()
	defer x.sweepers.Put(w)
	out := program.Term{Yes: new(userset.Set), Unknown: new(userset.Set)}
	for chunk, users := range chunksOf(len(x.ids)) {
		w.enter(chunk, users)
		w.join(of, terms, out)
	}
	return out
}

// namedTerms are what it finds in each of the groups.
func (x *index) namedTerms(r *run, l *groupLeaf, answers map[GroupID]program.Term) namedGroups[program.Term] {
	return namedBy(l, r.refs, func(id GroupID) program.Term {
		if term, known := answers[id]; known {
			return term
		}
		return program.Term{Yes: new(userset.Set), Unknown: &x.present}
	})
}

// decideAll decides about the candidates of the groups of a level, each group on its own, and works out what
// the next levels find in those that others read. Done, where it is not nil, is told of each.
func (r *run) decideAll(ctx context.Context, x *index, level []search, found muster, read map[GroupID]bool, answers map[GroupID]program.Term, done func(*subject)) error {
	answered := make([]program.Term, len(level))
	var many, apart []int
	total := 0
	for i := range level {
		c := &level[i]
		s := c.s
		// Whoever asks the Directory does so alone.
		if s.scope != nil || s.hold != nil {
			apart = append(apart, i)
			continue
		}
		many = append(many, i)
		if c.own != nil {
			total += 1 + (c.own.users.Len()+len(s.listed))/askedAsOne
			continue
		}
		of, at := found.of(c.place)
		for k := range of {
			total += of[k].start[at+1] - of[k].start[at]
		}
	}
	var failed atomic.Pointer[error]
	work := func(i int) {
		if failed.Load() != nil {
			return
		}
		c := &level[i]
		var decided map[uint32]Verdict
		if read[c.s.ID] {
			decided = map[uint32]Verdict{}
		}
		if err := r.decideGroup(ctx, x, c, found, decided, answers); err != nil {
			first := err // which is not made where there is none
			failed.CompareAndSwap(nil, &first)
			return
		}
		if decided != nil {
			answered[i] = x.answer(c.s, true, decided)
		}
		if done != nil {
			done(c.s)
		}
	}
	inParallelIf(total > fewCandidates, len(many), func() func(int) { return func(i int) { work(many[i]) } })
	for _, i := range apart {
		if s := level[i].s; s.hold != nil {
			// Why they leave is asked of the conditions themselves.
			if err := r.readLines(ctx, true); err != nil {
				return err
			}
			s.view.Lines = r.lines
		}
		work(i)
	}
	if err := failed.Load(); err != nil {
		return *err
	}
	for i := range level {
		if s := level[i].s; read[s.ID] {
			answers[s.ID] = answered[i]
		}
	}
	return nil
}

// fewCandidates is up to how many are decided about, and fewTerms up to how many terms are looked at, in a chunk each, faster
// than a second processor is put to work. To look at so many of a gathering, or to list them, takes as long as to decide about
// one.
const (
	fewCandidates = 512
	fewTerms      = 256
	askedAsOne    = 32
)

// decideGroup decides about the candidates of one group; decided, where it is not nil, is told what
// conditions find in the group where that is not what is stored.
func (r *run) decideGroup(ctx context.Context, x *index, c *search, all muster, decided map[uint32]Verdict, answers map[GroupID]program.Term) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s := c.s
	d := decider{r: r, x: x, s: s, decided: decided, answers: answers}
	if c.own != nil {
		of := x.crowd()
		defer x.crowds.Put(of)
		return d.all(ctx, of.candidates(c))
	}
	found, i := all.of(c.place)
	for k := range found {
		f := &found[k]
		if err := d.all(ctx, f.list[f.start[i]:f.start[i+1]]); err != nil {
			return err
		}
		if f.alike != nil {
			alike := f.alike[i]
			s.diff.Population += alike.Population
			s.diff.Members += alike.Members
			s.undecided += alike.Undecided
			for _, m := range f.first.list {
				s.first.put(m)
			}
		}
	}
	return nil
}

// A decider decides about candidates of one group.
type decider struct {
	r       *run
	x       *index
	s       *subject
	decided map[uint32]Verdict
	answers map[GroupID]program.Term

	profiles [readTogether]profile
	light    *User // made where one is needed
}

// readTogether is how many profiles are read before it is decided about the users: what an index has of each is waited for,
// and of several at once no longer than of one.
const readTogether = 32

// A profile is what deciding asks of a user.
type profile struct {
	id        UserID
	status    uint32 // 0 is not among the people
	ascending bool   // of those who are, the IDs ascend as the numbers do
}

// all decides about them.
func (d *decider) all(ctx context.Context, list []candidate) error {
	for some := range slices.Chunk(list, readTogether) {
		if err := d.each(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// each decides about each of a few of them.
func (d *decider) each(ctx context.Context, list []candidate) error {
	for i, c := range list {
		d.profiles[i] = profile{d.x.ids[c.user], d.x.status.codes.Code(c.user), d.x.ascending.Has(c.user)}
	}
	for i, c := range list {
		if err := d.one(ctx, c, &d.profiles[i]); err != nil {
			return err
		}
	}
	return nil
}

// one decides about one of them.
func (d *decider) one(ctx context.Context, c candidate, who *profile) error {
	r, s := d.r, d.s
	if _, affected := r.users[who.id]; affected {
		return nil
	}
	var u *User
	var err error
	switch {
	case who.status == 0:
	case s.scope != nil || s.hold != nil:
		if u, err = r.user(ctx, who.id); err != nil {
			return err
		}
		if u != nil && s.asks() && !s.broken {
			c.verdict = s.within(u, c.verdict)
		}
	default:
		if d.light == nil {
			d.light = new(User)
		}
		u = d.light
		*u = User{ID: who.id, Activation: activationOf(who.status)}
	}
	if s.standing, err = d.x.standing(ctx, s, c.user, who.id); err != nil {
		return err
	}
	if s.hold != nil {
		r.tell(s, c.user, d.answers)
	}
	s.unordered = s.unordered || !who.ascending
	before := len(s.standings)
	if r.decide(s, who.id, u, c.verdict); len(s.standings) > before {
		s.movers = append(s.movers, c.user)
	}
	if s.roster != nil && s.roster.undecided.Has(c.user) {
		s.redecided = append(s.redecided, who.id)
	}
	if d.decided != nil && s.answer != s.roster.found(c.user) {
		d.decided[c.user] = s.answer
	}
	return nil
}

// tell has the groups that the rule reads answer for the user at hand, for who asks the conditions
// themselves.
func (r *run) tell(s *subject, n uint32, answers map[GroupID]program.Term) {
	for _, id := range s.needs {
		of, answer := r.groups[id], Unknown
		if term, known := answers[id]; known && !term.Unknown.Has(n) {
			answer = verdictOf(term.Yes.Has(n))
		}
		of.answer = answer
	}
}

// standing is what is stored about a user in a group; where the roster does not have all of it, it asks the
// Store.
func (x *index) standing(ctx context.Context, s *subject, n uint32, id UserID) (Standing, error) {
	if st, complete := s.roster.standing(s.ID, n, id); complete {
		return st, nil
	}
	return x.stored(ctx, s.ID, id)
}

func (x *index) stored(ctx context.Context, group GroupID, id UserID) (Standing, error) {
	st, err := standingIn(ctx, x.store, group, id)
	if err != nil {
		return Standing{}, fmt.Errorf("read standings of user %q: %w", id, err)
	}
	return st.clone(), nil
}

// finish puts what the run has found about a group in the order of the users, if they may have been met in another, and
// completes the list of those who are undecided.
func (s *subject) finish(r *run) {
	if s.unordered || r.decidesMore() {
		s.sort()
	}
	if len(s.redecided) < len(s.listed) {
		again := slices.AppendSeq(s.redecided, maps.Keys(r.users))
		slices.Sort(again)
		s.diff.Undecided = update(s.listed, again, s.diff.Undecided)
	}
}

// sort puts what the run has found about a group in the order of the users.
func (s *subject) sort() {
	diffs := []*Diff{&s.diff}
	if s.hold != nil {
		diffs = append(diffs, &s.hold.planned)
	}
	for _, d := range diffs {
		for _, list := range [][]Change{d.Joined, d.Left, d.Switched, d.Withheld} {
			sortByUser(list, func(c Change) UserID { return c.User })
		}
		sortByUser(d.Undecided, func(m Member) UserID { return m.User })
	}
	sortByUser(s.kept, func(m Member) UserID { return m.User })
	sortByUser(s.standings, func(st Standing) UserID { return st.User })
}

// update is a list of members without some, who need not be there, and with others. All are in the order of
// the users, and nobody who stays comes in.
func update(list []Member, without []UserID, with []Member) []Member {
	out := make([]Member, 0, len(list)+len(with))
	upTo := func(id UserID) {
		near := 1 // beyond whoever is next, who is rarely far
		for near < len(list) && list[near].User < id {
			near *= 2
		}
		at, met := slices.BinarySearchFunc(list[:min(near+1, len(list))], id, func(m Member, id UserID) int { return strings.Compare(string(m.User), string(id)) })
		if out = append(out, list[:at]...); met {
			at++
		}
		list = list[at:]
	}
	for _, m := range with {
		for len(without) > 0 && without[0] < m.User {
			upTo(without[0])
			without = without[1:]
		}
		upTo(m.User)
		out = append(out, m)
	}
	for _, id := range without {
		upTo(id)
	}
	return append(out, list...)
}

func sortByUser[T any](list []T, user func(T) UserID) {
	slices.SortFunc(list, func(a, b T) int { return strings.Compare(string(user(a)), string(user(b))) })
}
