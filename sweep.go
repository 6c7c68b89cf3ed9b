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

// This file holds the run by an index. It asks the index whom the rules hold for, looks who of them is not
// in, who is in without, and who else may have to move, and decides about those as a run that looks at
// everybody does. Whoever is not a candidate stays as they are.

// A candidate is a user whom a run looks at in one group, and what the rule says of them.
type candidate struct {
	user    uint32
	verdict Verdict
}

// candidates are those of one chunk of users in some groups of a level: of the group i among them,
// list[start[i]:start[i+1]]. Where the number is all that the run wants, alike counts the others, by group.
type candidates struct {
	list  []candidate
	start []int
	alike [][kinds]int
	first page
}

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
	swept := slices.DeleteFunc(slices.Clone(r.order), func(s *subject) bool { return !s.preset })
	inParallel(len(swept), func() func(int) { return func(i int) { swept[i].sort(r.users) } })
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
	read := map[GroupID]bool{}
	level := map[GroupID]int{}
	var levels [][]*subject
	for _, s := range r.order {
		n := 0
		for _, id := range r.refs.needs(s.ID) {
			if !s.cyclic {
				n = max(n, level[id]+1)
			}
			if s.whole {
				read[id] = true
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
	answers := map[GroupID]program.Term{}
	for _, s := range r.order {
		if read[s.ID] && !s.whole {
			answers[s.ID] = x.answer(s, s.State.Live, nil)
		}
	}
	for _, list := range levels {
		for _, s := range list {
			r.enlist(s, x, answers)
		}
		found, err := x.candidates(ctx, r, list)
		if err != nil {
			return err
		}
		if err := r.decideAll(ctx, x, list, found, read, answers); err != nil {
			return err
		}
	}
	return r.tellProgress(ctx, x.present.Count())
}

// tellProgress tells as often as a look at everybody does, and may be cancelled as often.
func (r *run) tellProgress(ctx context.Context, users int) error {
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
	s.found = settlement{revision: s.Revision, stirred: x.forgotten + len(x.stirred), lost: x.flips.lost, now: r.now}
	s.preset = true
	if ro := s.roster; ro != nil {
		s.automatic = ro.membersByRule
		s.diff.Population, s.diff.Members = ro.populations, ro.members
		if s.hold != nil {
			s.planned.Population, s.planned.Members = ro.populations, ro.populations
		}
		for _, until := range ro.until {
			s.expect(&Assignment{Until: until}, r.now)
		}
	}
	if s.recipe == nil {
		return
	}
	s.terms = s.recipe.terms
	if len(s.recipe.groups) > 0 {
		s.terms = slices.Clone(s.terms)
		for _, g := range s.recipe.groups {
			s.terms[g.term] = x.membersOf(r, g.leaf, answers)
		}
	}
}

// answer is what conditions find in a group: its members, as they are stored but for those decided about,
// and of whom they are unknown.
func (x *index) answer(s *subject, live bool, decided map[uint32]Verdict) program.Term {
	if s.cyclic || s.Status != Active || !live {
		return program.Term{Yes: new(userset.Set), Unknown: &x.present}
	}
	t := program.Term{Yes: new(userset.Set), Unknown: new(userset.Set)}
	switch {
	case s.roster == nil:
	case len(decided) == 0:
		return *s.roster.answer
	default:
		t = s.roster.answers(len(x.ids))
	}
	for n, v := range decided {
		include(t.Yes, n, v == Yes)
		include(t.Unknown, n, v == Unknown)
	}
	return t
}

// membersOf is the term of a condition on groups.
func (x *index) membersOf(r *run, l *groupLeaf, answers map[GroupID]program.Term) program.Term {
	of := program.Program{Any: l.match == MatchAny}
	var terms []program.Term
	for _, id := range l.groups {
		named := []GroupID{id}
		if l.orBelow {
			named = append(named, r.refs.beneath(id)...)
		}
		clause := program.Clause{Any: true}
		for _, id := range named {
			term, known := answers[id]
			if !known {
				term = program.Term{Yes: new(userset.Set), Unknown: &x.present}
			}
			clause.Literals = append(clause.Literals, program.Literal{Term: len(terms)})
			terms = append(terms, term)
		}
		of.Clauses = append(of.Clauses, clause)
	}
	if len(terms) == 1 {
		return terms[0]
	}
	w := x.sweeper()
	defer x.sweepers.Put(w)
	out := program.Term{Yes: new(userset.Set), Unknown: new(userset.Set)}
	for chunk, users := range chunksOf(len(x.ids)) {
		yes, possible := w.machine.Evaluate(&of, terms, chunk, users)
		out.Yes.Put(chunk, yes, users)
		if possible != yes {
			possible.AndNot(yes)
			out.Unknown.Put(chunk, possible, users)
		}
	}
	return out
}

// together is how many groups of a level are looked at together in a chunk, so that there is work for all
// processors where there are few users.
const together = 16

// candidates finds whom the run must look at in the groups, on all processors: all chunks of the first
// groups of the level, and then those of the next.
func (x *index) candidates(ctx context.Context, r *run, level []*subject) ([]candidates, error) {
	searches := make([]search, len(level))
	stirred := map[int]*userset.Set{}
	terms := 0
	for i, s := range level {
		searches[i] = x.search(r, s, stirred)
		terms += 1 + len(s.terms)
	}
	chunks := (len(x.ids) + userset.Chunk - 1) / userset.Chunk
	found := make([]candidates, chunks*((len(level)+together-1)/together))
	inParallelIf(chunks*terms > fewTerms, len(found), func() func(int) {
		return func(n int) {
			if ctx.Err() != nil {
				return
			}
			w := x.sweeper()
			defer x.sweepers.Put(w)
			w.chunk = n % chunks
			w.users = min(userset.Chunk, len(x.ids)-w.chunk*userset.Chunk)
			first := n / chunks * together
			some := searches[first:min(first+together, len(searches))]
			c := &found[n]
			c.start = make([]int, len(some)+1)
			for i := range some {
				c.start[i] = len(c.list)
				w.look(&some[i], c, i)
			}
			c.start[len(some)] = len(c.list)
		}
	})
	return found, ctx.Err()
}

// of are the candidates of each chunk for the group i of a level and those together with it, and the place of
// the group among these.
func (x *index) of(found []candidates, i int) ([]candidates, int) {
	chunks := (len(x.ids) + userset.Chunk - 1) / userset.Chunk
	return found[i/together*chunks:][:chunks], i % together
}

// search is how a run finds whom to look at in one group.
type search struct {
	s *subject
	// stirred and ended are looked at whatever the rule says, where something is stored about them. all wants
	// everybody about whom there is, and fresh those of them whom nobody has looked at since the definition was
	// saved: all but the steady ones who stay as they are, if that are plain users, and firm ones.
	stirred     *userset.Set
	ended       []uint32
	all, fresh  bool
	plain, firm bool
	// steadfast says that whoever was undecided still is, as long as the rule does not know.
	steadfast bool
	// tally says that only how many there are matters, and who the first of a page; enters are the kinds of
	// users who may be on it.
	tally  bool
	enters [kinds]bool
	page   int
}

func (x *index) search(r *run, s *subject, stirred map[int]*userset.Set) search {
	c := search{s: s}
	ro := s.roster
	if r.edition != nil && r.edition.group == s.ID {
		// A preview lists who stays.
		c.tally = r.edition.alone && !r.edition.turned && s.scope == nil
		c.all, c.page = !c.tally, r.edition.page
		for k := range c.enters {
			if c.page > 0 && (k%2 == 0 || ro != nil) {
				_, next := r.end(s, k)
				c.enters[k] = next.Population != Outside
			}
		}
	}
	if ro == nil {
		return c
	}
	settled := ro.settled.revision == s.Revision && !s.draft && ro.settled.stirred >= x.forgotten
	if !settled {
		c.fresh = true
		// Steady users who are plain or firm stay as they are, unless the table says otherwise of one of them.
		stays := func(st Standing) bool {
			next, _ := s.settle(&User{Activation: Activated}, verdictOf(st.Automatic), st, r.now, r.e.opts.Exclusions)
			return sameStanding(st, next)
		}
		assigned := Standing{Group: s.ID, Assignment: &Assignment{}, Population: Manual}
		if ro.live {
			assigned.Member = Manual
		}
		ruled := assigned
		ruled.Automatic = true
		c.plain, c.firm = stays(ro.plain(s.ID, "")), stays(assigned) && (stays(ruled) || s.Kind == ManualGroup)
		return c
	}
	c.steadfast = !c.all && s.scope == nil && !s.held
	c.ended = ro.ended(r.now)
	from := ro.settled.stirred - x.forgotten
	if from < len(x.stirred) {
		c.stirred = stirred[from]
		if c.stirred == nil {
			c.stirred = new(userset.Set)
			for _, n := range x.stirred[from:] {
				c.stirred.Add(n)
			}
			stirred[from] = c.stirred
		}
	}
	return c
}

// A sweeper looks through one chunk of users at a time.
type sweeper struct {
	x            *index
	chunk, users int
	machine      program.Machine
	// doubted are those for whom the rule at hand may hold and does not for certain, where they are listed.
	doubted []uint16
	listed  bool

	none, everybody, unknown, found, plain, scratch userset.Bits
}

// sweeper is one that nobody uses, to be put back.
func (x *index) sweeper() *sweeper {
	if w, spare := x.sweepers.Get().(*sweeper); spare {
		return w
	}
	return &sweeper{x: x}
}

// look finds the candidates of one group.
func (w *sweeper) look(c *search, out *candidates, group int) {
	s, ro := c.s, c.s.roster
	found := &w.found
	yes, possible := w.verdicts(s)
	switch {
	case c.tally:
		w.tally(c, out, group, yes, possible)
	case s.asks():
		// Those of whom it is not certain, or of whom the rule does not say what the bit does.
		*found = *possible
		switch {
		case s.scope != nil && ro != nil:
			ro.bit.Or(w.chunk, found)
		case ro != nil:
			ro.bit.Xor(w.chunk, found)
		}
		w.among(found)
	case s.Kind == ManualGroup && !s.Frozen && ro != nil:
		ro.bit.Load(w.chunk, found)
	default:
		found.Reset()
	}
	if !c.tally {
		if ro != nil && (!c.steadfast || s.asks()) {
			ro.undecided.Or(w.chunk, found)
		}
		if possible != yes {
			w.unsure(c, yes, possible)
		}
		if ro != nil {
			w.others(c, ro)
		}
	}
	base := uint32(w.chunk * userset.Chunk)
	for i := range found.All() {
		v := No
		switch {
		case !s.asks():
		case yes.Has(i):
			v = Yes
		case possible.Has(i):
			v = Unknown
		}
		out.list = append(out.list, candidate{base + uint32(i), v})
	}
}

// unsure adds those of whom it is not certain what the rule says, but takes out of whom that makes no difference:
// who was undecided already, and who is in by assignment.
func (w *sweeper) unsure(c *search, yes, possible *userset.Bits) {
	found, ro := &w.found, c.s.roster
	if w.listed {
		base := uint32(w.chunk * userset.Chunk)
		for _, i := range w.doubted {
			switch n := base + uint32(i); {
			case !possible.Has(i): // not among the people
			case c.steadfast && (ro.undecided.Has(n) || ro.population.Has(n) && !ro.byRule.Has(n)):
				found.Clear(i)
			default:
				found.Set(i)
			}
		}
		return
	}
	unknown := &w.unknown
	*unknown = *possible
	unknown.AndNot(yes)
	found.Or(unknown)
	if c.steadfast {
		firm := &w.scratch
		ro.population.Load(w.chunk, firm)
		ro.byRule.AndNot(w.chunk, firm)
		ro.undecided.Or(w.chunk, firm)
		firm.And(unknown)
		found.AndNot(firm)
	}
}

// others adds those who are looked at whatever the rule says.
func (w *sweeper) others(c *search, ro *roster) {
	found := &w.found
	ro.unsettled.Or(w.chunk, found)
	switch {
	case c.all:
		ro.bit.Or(w.chunk, found)
		ro.odd.Or(w.chunk, found)
	case c.fresh:
		stay := &w.plain
		stay.Reset()
		if c.firm {
			ro.firm.Load(w.chunk, stay)
			if ro.live {
				ro.member.And(w.chunk, stay)
			} else {
				ro.member.AndNot(w.chunk, stay)
			}
		}
		if c.plain {
			ro.bit.Load(w.chunk, &w.scratch)
			ro.odd.AndNot(w.chunk, &w.scratch)
			stay.Or(&w.scratch)
		}
		w.x.switched[Activated].And(w.chunk, stay)
		ro.bit.Load(w.chunk, &w.scratch)
		ro.odd.Or(w.chunk, &w.scratch)
		w.scratch.AndNot(stay)
		found.Or(&w.scratch)
	case c.stirred != nil && c.stirred.CountIn(w.chunk) > 0:
		ro.bit.Load(w.chunk, &w.scratch)
		ro.odd.Or(w.chunk, &w.scratch)
		c.stirred.And(w.chunk, &w.scratch)
		found.Or(&w.scratch)
	}
	base := w.chunk * userset.Chunk
	at, _ := slices.BinarySearch(c.ended, uint32(base))
	for _, n := range c.ended[at:] {
		if int(n) >= base+w.users {
			break
		}
		found.Set(uint16(int(n) - base))
	}
}

// verdicts are whom the rule of the group holds for in the chunk, and whom it may hold for; nobody where
// the group does not ask. Whoever is not among the people is in neither.
func (w *sweeper) verdicts(s *subject) (yes, possible *userset.Bits) {
	w.listed = false
	switch {
	case !s.asks():
		return &w.none, &w.none
	case s.broken:
		w.x.present.Load(w.chunk, &w.everybody)
		return &w.none, &w.everybody
	}
	yes, possible = w.machine.Evaluate(&s.recipe.program, s.terms, w.chunk, w.users)
	w.among(yes)
	if possible != yes {
		w.among(possible)
	}
	if s.unread {
		return &w.none, possible
	}
	w.doubted, w.listed = w.machine.Unsure()
	return yes, possible
}

// among leaves those in who are among the people.
func (w *sweeper) among(b *userset.Bits) {
	if w.x.present.CountIn(w.chunk) < w.users {
		w.x.present.And(w.chunk, b)
	}
}

// decideAll decides about the candidates of the groups of a level, each group on its own, and works out what
// the next levels find in those that others read.
func (r *run) decideAll(ctx context.Context, x *index, level []*subject, found []candidates, read map[GroupID]bool, answers map[GroupID]program.Term) error {
	decided := make([]map[uint32]Verdict, len(level))
	var many, apart []int
	total := 0
	for i, s := range level {
		if read[s.ID] {
			decided[i] = map[uint32]Verdict{}
		}
		// Whoever asks the Directory does so alone.
		if s.scope != nil || s.hold != nil {
			apart = append(apart, i)
			continue
		}
		many = append(many, i)
		found, at := x.of(found, i)
		for c := range found {
			total += found[c].start[at+1] - found[c].start[at]
		}
	}
	var failed atomic.Pointer[error]
	work := func(i int) {
		if failed.Load() != nil {
			return
		}
		if err := r.decideGroup(ctx, x, level[i], i, found, decided[i], answers); err != nil {
			failed.CompareAndSwap(nil, &err)
		}
	}
	inParallelIf(total > fewCandidates, len(many), func() func(int) { return func(i int) { work(many[i]) } })
	for _, i := range apart {
		if s := level[i]; s.hold != nil {
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
	for i, s := range level {
		if read[s.ID] {
			answers[s.ID] = x.answer(s, true, decided[i])
		}
	}
	return nil
}

// fewCandidates is up to how many are decided about, and fewTerms up to how many terms are looked at in a chunk, faster
// than a second processor is put to work.
const (
	fewCandidates = 512
	fewTerms      = 32
)

// decideGroup decides about the candidates of one group; decided, where it is not nil, is told what
// conditions find in the group where that is not what is stored.
func (r *run) decideGroup(ctx context.Context, x *index, s *subject, i int, found []candidates, decided map[uint32]Verdict, answers map[GroupID]program.Term) error {
	var light User
	found, i = x.of(found, i)
	for c := range found {
		for _, of := range found[c].list[found[c].start[i]:found[c].start[i+1]] {
			id := x.ids[of.user]
			if _, affected := r.users[id]; affected {
				continue
			}
			u := &light
			switch code := x.status.codes.Code(of.user); {
			case code == 0:
				u = nil
			case s.scope != nil || s.hold != nil:
				var err error
				if u, err = r.user(ctx, id); err != nil {
					return err
				}
				if u != nil && s.asks() && !s.broken {
					of.verdict = s.within(u, of.verdict)
				}
			default:
				light = User{ID: id, Activation: activationOf(code)}
			}
			var err error
			if s.standing, err = x.standing(ctx, s, of.user, id); err != nil {
				return err
			}
			if s.hold != nil {
				r.tell(s, of.user, answers)
			}
			r.decide(s, id, u, of.verdict)
			if s.roster != nil && s.roster.undecided.Has(of.user) {
				s.redecided = append(s.redecided, id)
			}
			if decided != nil && s.answer != s.roster.found(of.user) {
				decided[of.user] = s.answer
			}
		}
		if found[c].alike != nil {
			for k, n := range found[c].alike[i] {
				if n > 0 {
					r.countAlike(s, k, n)
				}
			}
			for _, m := range found[c].first.list {
				s.first.put(m)
			}
		}
	}
	return nil
}

// tell has the groups that the rule reads answer for the user at hand, for who asks the conditions
// themselves.
func (r *run) tell(s *subject, n uint32, answers map[GroupID]program.Term) {
	for _, id := range r.refs.needs(s.ID) {
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

// sort puts what the run has found about a group in the order of the users, and completes the list of those
// who are undecided.
func (s *subject) sort(users map[UserID]struct{}) {
	for _, d := range []*Diff{&s.diff, &s.planned} {
		for _, list := range [][]Change{d.Joined, d.Left, d.Switched, d.Withheld} {
			sortByUser(list, func(c Change) UserID { return c.User })
		}
		sortByUser(d.Undecided, func(m Member) UserID { return m.User })
	}
	sortByUser(s.kept, func(m Member) UserID { return m.User })
	sortByUser(s.write.Standings, func(st Standing) UserID { return st.User })
	if ro := s.roster; ro != nil && len(s.redecided) < len(ro.listed) {
		again := slices.AppendSeq(s.redecided, maps.Keys(users))
		slices.Sort(again)
		s.diff.Undecided = update(ro.listed, again, s.diff.Undecided)
	}
}

// update is a list of members without some, who need not be there, and with others. All are in the order of
// the users, and nobody who stays comes in.
func update(list []Member, without []UserID, with []Member) []Member {
	out := make([]Member, 0, len(list)+len(with))
	upTo := func(id UserID) {
		at, met := slices.BinarySearchFunc(list, id, func(m Member, id UserID) int { return strings.Compare(string(m.User), string(id)) })
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
