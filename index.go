package groups

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/grouprules/groups/internal/naming"
	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
)

// An index spares a run the look at everybody: it has the people of one version of a Directory by what
// rules ask of them, and what is stored about them in the groups. It answers exactly what a look at
// everybody would; see sweep.go for the run that uses it. Where it does not have the version that the Directory has
// now, it takes what has changed from a Directory that is [Journaled], or reads everybody again.
//
// The people are numbered, in the order in which they were first met, and keep their numbers.
type index struct {
	dir     Directory
	version Versioned
	store   Store
	limit   int64 // of memory, in bytes

	// Whoever writes to the index holds writing, and reading for as long as they write; a run holds the latter
	// to read, and takes it before it lets go of the former, so that nobody writes in between.
	writing sync.Mutex
	reading sync.RWMutex

	// at is the version of the people; blank is none. tooLarge is set for good where the index would take
	// more memory than it may.
	at       string
	tooLarge bool

	numbers *naming.Names[UserID]
	ids     []UserID    // by number
	present userset.Set // who is among the people
	// ascending are users whose IDs ascend as their numbers do, nearly all where a Directory was read once: whoever
	// wants the first by their IDs need not look at the IDs of those. end is behind the last of them.
	ascending userset.Set
	end       int
	// switched are those by their activation.
	switched [Deactivated + 1]userset.Set
	// stirred are those who came, went, or were switched on or off.
	stirred journal

	schema     *Schema
	trees      map[Tree]*Hierarchy // nil: to be read again
	aspects    map[string]aspect
	status     *valued
	lines      *lineAspect
	predicates map[predicateKey]*predicate
	passing    passing
	spelt      spelling     // of the condition at hand
	unplaced   []*predicate // those that have no aspect yet
	recipes    map[recipeKey]*recipe
	rosters    map[GroupID]*roster
	known      known
	refreshes  uint64
	filled     int // how many predicates were filled for the first time
	weighed    weighed
	sweepers   sync.Pool // of *sweeper
	crowds     sync.Pool // of *crowd
	idle       idleGatherings
	encounters sync.Pool // of *encounter
	scratches  sync.Pool // of *scratch

	// For who asks about one user: as of when the index is up to date, and the groups asked about since they were
	// filed.
	vouched vouched
	checks  *checks

	// flips are what changed since, and the catalogue is the groups, for runs over a few users; nil where the
	// Store is no Memory.
	flips     flips
	catalogue *catalogue
	asked     []*predicate // by number, from 1 on
	seats     []seat       // of those
	sheets    []*valued    // by the numbers of their sheets, from 1 on
	unseated  []*predicate // those of the asked that may have to take their places on sheets
	agendas   map[*time.Location]*agenda
}

// newIndex is nil where the Directory has no versions, or there is not to be an index.
func newIndex(dir Directory, store Store, limit int64) *index {
	version, ok := As[Versioned](dir)
	if !ok || limit < 0 {
		return nil
	}
	if limit == 0 {
		limit = defaultIndexBytes
	}
	x := &index{dir: dir, version: version, store: store, limit: limit}
	x.clear()
	return x
}

// clear makes the index one of nothing.
func (x *index) clear() {
	x.at, x.numbers, x.ids, x.known = "", naming.New[UserID](), nil, known{}
	x.present, x.ascending, x.end = userset.Set{}, userset.Set{}, 0
	clear(x.switched[:])
	x.stirred.lose()
	x.trees, x.unplaced = nil, nil
	x.predicates, x.recipes, x.rosters = map[predicateKey]*predicate{}, map[recipeKey]*recipe{}, map[GroupID]*roster{}
	x.passing = passing{}
	x.flips.lose()
	x.flips.unsure = userset.Set{}
	x.asked, x.seats, x.sheets, x.unseated, x.checks = nil, nil, nil, nil, newChecks()
	x.catalogue, x.agendas = newCatalogue(x), map[*time.Location]*agenda{}
	x.status = statusAspect()
	x.lines = &lineAspect{x: x}
	x.aspects = map[string]aspect{aspectStatus: x.status, aspectLines: x.lines}
	x.weighed = weighed{}
	x.idle.drop()
}

// lock is for writing to the index; what it returns unlocks it.
func (x *index) lock() (unlock func()) {
	x.writing.Lock()
	x.reading.Lock()
	return func() {
		x.reading.Unlock()
		x.writing.Unlock()
	}
}

// enter is for a run that reads the index once that is ready for it. If that is true the run holds the lock for reading.
func (x *index) enter(ready func() (bool, error)) (bool, error) {
	x.writing.Lock()
	defer x.writing.Unlock()
	x.reading.Lock()
	ok, err := ready()
	x.reading.Unlock()
	if ok = ok && err == nil; ok {
		x.reading.RLock()
	}
	return ok, err
}

// begin refreshes the index for a run. If that is true the run holds the lock for reading.
func (x *index) begin(ctx context.Context, r *run) (bool, error) {
	return x.enter(func() (bool, error) {
		ok, err := x.refresh(ctx, r)
		if ok = ok && err == nil; ok {
			r.followed = r.named != nil && x.follows(r)
		}
		return ok, err
	})
}

// The names of aspects; those of fields and trees have theirs behind.
const (
	aspectStatus      = "status"
	aspectID          = "id"
	aspectLines       = "lines"
	aspectEnrollments = "enrollments"
	aspectField       = "field "
	aspectTree        = "tree "
)

// number is the number of a user, a new one if need be.
func (x *index) number(id UserID) uint32 {
	n := x.numbers.Add(id)
	x.ids = x.numbers.Keys()
	return n
}

// refresh brings the index up to what a run needs: the people as they are now, the conditions of its
// groups, and what is stored about them. Where it is false there is no index for the run, which then looks
// at everybody. The lock is the caller's.
func (x *index) refresh(ctx context.Context, r *run) (bool, error) {
	if x.tooLarge {
		return false, nil
	}
	x.refreshes++
	for n := 1; ; n++ {
		version, err := x.readVersion(ctx)
		if err == nil {
			err = x.read(ctx, r, version)
		}
		now := version
		if err == nil {
			x.at = version
			now, err = x.readVersion(ctx)
		}
		if err != nil {
			x.clear()
			return false, err
		}
		if now == version {
			break
		}
		if n == attempts {
			return false, ctx.Err()
		}
	}
	x.tidy()
	x.check()
	x.fill(r)
	if err := x.readRosters(ctx, r); err != nil {
		return false, err
	}
	x.prune(r)
	if int64(x.bytes()) > x.limit {
		x.clear()
		x.tooLarge = true
		return false, nil
	}
	x.flips.on = x.catalogue != nil
	return true, nil
}

func (x *index) readVersion(ctx context.Context) (string, error) {
	version, err := x.version.Version(ctx)
	if err != nil {
		err = fmt.Errorf("read version: %w", err)
	}
	return version, err
}

// read brings the index to a version of the people: the schema, the trees, an aspect for whatever the run
// asks for, and the people themselves.
func (x *index) read(ctx context.Context, r *run, version string) error {
	x.adopt(r.schema)
	written := new(Written)
	if x.at != version {
		var err error
		if written, err = x.written(ctx); err != nil {
			return err
		}
	}
	if x.trees == nil || written == nil || written.Units {
		if err := x.readTrees(ctx, r); err != nil {
			return err
		}
	}
	maps.Copy(r.trees, x.trees)
	for _, s := range r.order {
		if s.whole && s.rule != nil {
			s.recipe = x.recipe(s.rule, s.view.Zone, s.draft)
		}
	}
	missing := x.place()
	switch {
	case written == nil:
		return x.readEverybody(ctx)
	case len(missing) > 0:
		if err := x.everybody(ctx, missing, func(people []person) { x.put(people, missing) }); err != nil {
			return err
		}
	}
	return x.take(ctx, written.Users)
}

// written is what was written since the index was read, or nil where nobody knows.
func (x *index) written(ctx context.Context) (*Written, error) {
	j, ok := As[Journaled](x.dir)
	if !ok || x.at == "" {
		return nil, nil
	}
	written, err := j.Since(ctx, x.at)
	if err != nil {
		err = fmt.Errorf("read what was written since version %q: %w", x.at, err)
	}
	return written, err
}

// adopt makes the schema that of the index. Under another one conditions mean something else.
func (x *index) adopt(schema *Schema) {
	if x.schema != schema && !reflect.DeepEqual(x.schema, schema) {
		x.predicates, x.recipes, x.trees, x.unplaced = map[predicateKey]*predicate{}, map[recipeKey]*recipe{}, nil, nil
		x.passing = passing{}
		x.flips.lose()
		x.weighed = weighed{}
		x.unseated = nil
		x.agendas = map[*time.Location]*agenda{}
		for _, a := range x.aspects {
			a.asking().predicates, a.asking().restless = nil, nil
			a.asking().departures++
			if v, is := a.(*valued); is {
				v.checked, v.flawed = 0, nil
				v.sheet.clear()
				v.behind = nil
			}
		}
	}
	x.schema = schema
}

// readTrees reads the units, and has the conditions that ask for them worked out anew.
func (x *index) readTrees(ctx context.Context, r *run) error {
	trees, err := treesOf(ctx, x.dir, r.schema)
	if err != nil {
		return err
	}
	clear(r.trees) // older ones
	x.trees = trees
	for _, a := range x.agendas {
		a.view.Trees = x.trees
	}
	for name, a := range x.aspects {
		if strings.HasPrefix(name, aspectTree) {
			for _, p := range a.asking().predicates {
				p.spoil()
			}
		}
	}
	return nil
}

// lend spares a run to read what the index has, if that is as it is now.
func (x *index) lend(ctx context.Context, r *run, give func()) (is bool) {
	if x == nil {
		return false
	}
	version, err := x.version.Version(ctx)
	x.reading.RLock()
	defer x.reading.RUnlock()
	if is = err == nil && x.at == version && x.schema == r.schema; is {
		give()
	}
	return is
}

// place gives the predicates that have none an aspect, and every tree. It returns the aspects that are new,
// and have nobody yet.
func (x *index) place() (missing []aspect) {
	find := func(name string, l leaf) aspect {
		a := x.aspects[name]
		if a == nil {
			a = x.newAspect(name, l)
			x.aspects[name] = a
			missing = append(missing, a)
		}
		return a
	}
	for tree, h := range x.trees {
		if x.aspects[aspectTree+string(tree)] == nil && h.lines.Len() > 0 {
			find(aspectTree+string(tree), &unitLeaf{tree: tree})
		}
	}
	for _, p := range x.unplaced {
		p.aspect = find(x.aspectOf(p.leaf), p.leaf)
		if p.passing {
			continue
		}
		q := p.aspect.asking()
		q.predicates = append(q.predicates, p)
		x.unseat(p)
	}
	x.unplaced = nil
	return missing
}

func (x *index) aspectOf(l leaf) string {
	switch l := l.(type) {
	case *fieldLeaf:
		if l.name == string(ID) {
			return aspectID
		}
		return aspectField + l.name
	case *unitLeaf:
		return aspectTree + string(l.tree)
	case *userLeaf:
		if l.op == opIs {
			return aspectID
		}
		return aspectLines
	case *enrollmentLeaf:
		return aspectEnrollments
	}
	return aspectStatus // status, and everyone
}

func (x *index) newAspect(name string, l leaf) aspect {
	switch l := l.(type) {
	case *unitLeaf:
		return unitAspect(l.tree, func() *Hierarchy { return x.trees[l.tree] })
	case *enrollmentLeaf:
		return newEnrollmentAspect(x)
	case *fieldLeaf:
		if name == aspectID {
			return &identityAspect{x: x}
		}
		return fieldAspect(l.name)
	}
	return &identityAspect{x: x}
}

// recipe is how the index evaluates a rule in a zone. That of a draft is made for each run: its rule is.
func (x *index) recipe(rule *Rule, zone *time.Location, draft bool) *recipe {
	if draft {
		return x.newRecipe(rule, zone, true)
	}
	key := recipeKey{rule, zone}
	found := x.recipes[key]
	if found == nil {
		found = x.newRecipe(rule, zone, false)
		x.recipes[key] = found
	}
	found.used = x.refreshes
	return found
}

func (x *index) newRecipe(rule *Rule, zone *time.Location, draft bool) *recipe {
	n := 0
	for i := range rule.sets {
		n += len(rule.sets[i].leaves)
	}
	c := &recipe{
		program: program.Program{Any: rule.match == MatchAny, Clauses: make([]program.Clause, 0, len(rule.sets))},
		terms:   make([]program.Term, 0, n), predicates: make([]*predicate, 0, n), signs: make([]sign, 0, n), places: make([]int, 0, n),
	}
	literals := make([]program.Literal, 0, n)
	for i, set := range rule.sets {
		from := len(literals)
		for j, l := range set.leaves {
			at := len(c.terms)
			if of, is := l.(*groupLeaf); is {
				c.groups = append(c.groups, groupTerm{at, of})
				c.terms = append(c.terms, program.Term{})
			} else {
				p := x.predicate(rule.criteria.Sets[i].Conditions[j], l, zone, draft)
				known := slices.Index(c.predicates, p)
				if known < 0 {
					known = len(c.predicates)
					c.terms = append(c.terms, program.Term{Yes: &p.yes, Unknown: &p.unknown})
					c.predicates, c.signs = append(c.predicates, p), append(c.signs, sign{})
					c.places = append(c.places, at)
				}
				at = c.places[known]
				s := &c.signs[known]
				s.asIs, s.negated = s.asIs || !isNegated(l), s.negated || isNegated(l)
			}
			literals = append(literals, program.Literal{Term: at, Negated: isNegated(l)})
		}
		clause := program.Clause{Any: set.match == MatchAny, Literals: literals[from:len(literals):len(literals)]}
		c.program.Clauses = append(c.program.Clauses, clause)
	}
	return c
}

// predicate finds the predicate of a condition, or makes it: of a draft one that passes, unless a group has it.
func (x *index) predicate(c Condition, l leaf, zone *time.Location, draft bool) *predicate {
	x.spelt = x.spelt[:0]
	x.spelt.condition(c)
	key := predicateKey{empty: emptyOf(l)}
	if zoned(l) {
		key.zone = zone
	}
	p := x.predicates[predicateKey{string(x.spelt), key.empty, key.zone}] // without a copy of the spelling
	if p == nil && draft {
		p = x.passing.find(x.spelt, key.empty, key.zone)
	}
	if p == nil {
		if key.text = string(x.spelt); draft {
			p = x.passing.add(key, x.refreshes)
		} else {
			p = new(predicate)
			x.predicates[key] = p
		}
		p.leaf, p.relative, p.agenda, p.flips = positive(l), isRelative(l), x.agenda(zone), &x.flips
		x.unplaced = append(x.unplaced, p)
	}
	p.used = x.refreshes
	return p
}

// fill works out the predicates of the run that are not up to date.
func (x *index) fill(r *run) {
	x.advance(r.now)
	if x.passing.at != x.at {
		x.passing.outdate()
		x.passing.at = x.at
	}
	var stale []*predicate
	seen := map[*predicate]bool{}
	for _, s := range r.order {
		if s.recipe == nil || !s.asks() {
			continue
		}
		for _, p := range s.recipe.predicates {
			if !p.filled && !seen[p] {
				seen[p] = true
				stale = append(stale, p)
			}
		}
	}
	x.fillAll(stale)
	if r.edition != nil && r.edition.alone {
		return // what is only counted is not waited for
	}
	for _, s := range r.order {
		if s.recipe == nil || !s.asks() {
			continue
		}
		for _, p := range s.recipe.predicates {
			if p.relative {
				s.turn = min(s.turn, p.turn(s.today))
			}
		}
	}
}

// askedTogether is how many predicates of an aspect are filled together: enough that a value is fetched for several,
// and few enough that there is work for all processors.
const askedTogether = 8

// fillAll works predicates out, and tells of whom a spoilt one says something else.
func (x *index) fillAll(stale []*predicate) {
	if len(stale) == 0 {
		return
	}
	type sets struct{ yes, unknown userset.Set }
	were := make([]sets, len(stale))
	of := map[aspect][]*predicate{}
	for i, p := range stale {
		if of[p.aspect] = append(of[p.aspect], p); p.passing {
			p.yes.Clear()
			p.unknown.Clear()
			continue
		}
		were[i] = sets{p.yes, p.unknown}
		p.yes, p.unknown = userset.Set{}, userset.Set{} // not in the memory of what they are compared with
	}
	var shares [][]*predicate
	for _, list := range of {
		shares = slices.AppendSeq(shares, slices.Chunk(list, askedTogether))
	}
	x.sort(stale)
	inParallel(len(shares), func() func(int) {
		return func(i int) {
			with := x.scratch()
			defer x.scratches.Put(with)
			if len(stale) == 1 {
				with.helpers = x
				defer func() { with.helpers = nil }()
			}
			shares[i][0].aspect.fill(shares[i], with)
		}
	})
	for i, p := range stale {
		p.filled = true
		p.weigh(&x.weighed.bytes)
		if p.passing {
			continue
		}
		x.flips.unsure.AddAll(&p.unknown)
		x.stand(p)
		if p.spoilt {
			p.spoilt = false
			x.flips.compare(p, &were[i].yes, &were[i].unknown, len(x.ids))
		} else {
			x.filled++
			p.since = x.filled
		}
		p.rest()
	}
}

// sort puts the users in the order of the values that the predicates ask for. Who fills predicates, or moves them to another
// day, finds users by that; most runs do neither.
func (x *index) sort(asked []*predicate) {
	var aspects []*valued
	for _, p := range asked {
		if a, is := p.aspect.(*valued); is && !slices.Contains(aspects, a) {
			aspects = append(aspects, a)
		}
	}
	for _, a := range aspects {
		x.weighed.bytes -= a.codes.Bytes()
	}
	inParallel(len(aspects), func() func(int) { return func(i int) { aspects[i].codes.Tidy() } })
	for _, a := range aspects {
		x.weighed.bytes += a.codes.Bytes()
	}
}

// scratch is memory for one who fills predicates; it goes back to the others.
func (x *index) scratch() *scratch {
	if with, spare := x.scratches.Get().(*scratch); spare {
		return with
	}
	return new(scratch)
}

// prune drops what many runs have not used: what definitions said before they were edited, and groups that are gone.
func (x *index) prune(r *run) {
	if alone := r.edition != nil && r.edition.alone; !alone && !r.few {
		for id := range x.rosters {
			if r.groups[id] == nil {
				x.forget(id)
			}
		}
	}
	x.stirred.trim(len(x.ids) + 1024)
	x.passing.trim(&x.weighed.bytes)
	if len(x.recipes) <= 2*x.weighed.stored+64 {
		return
	}
	stored := r.e.rules.all()
	x.weighed.stored = len(stored)
	kept := map[*predicate]bool{}
	for key, c := range x.recipes {
		if c.used != x.refreshes && !stored[key.rule] {
			delete(x.recipes, key)
			continue
		}
		for _, p := range c.predicates {
			kept[p] = true
		}
	}
	maps.DeleteFunc(x.predicates, func(_ predicateKey, p *predicate) bool {
		if !kept[p] {
			x.weighed.bytes -= p.weight
			p.leave()
			x.unseat(p)
		}
		return !kept[p]
	})
	for _, a := range x.aspects {
		q := a.asking()
		before := len(q.predicates)
		if q.predicates = slices.DeleteFunc(q.predicates, func(p *predicate) bool { return !kept[p] }); len(q.predicates) < before {
			q.departures++
		}
	}
}

// defaultIndexBytes is the memory that an index may take unless [Options] say otherwise.
const defaultIndexBytes = 4 << 30

// weighed is what the index was found to weigh: all of it as of a version of the people and so many aspects,
// and since then what was made anew. stored is how many rules there were when it was last pruned.
type weighed struct {
	at             string
	aspects, bytes int
	stored         int
}

// bytes is about how much memory the index takes.
func (x *index) bytes() int {
	w := &x.weighed
	if x.at == w.at && len(x.aspects) == w.aspects {
		return w.bytes
	}
	w.at, w.aspects = x.at, len(x.aspects)
	w.bytes = 64*len(x.ids) + x.present.Bytes() + x.ascending.Bytes()
	for i := range x.switched {
		w.bytes += x.switched[i].Bytes()
	}
	for _, a := range x.aspects {
		w.bytes += a.bytes()
	}
	for _, p := range x.predicates {
		p.weight = 0
		p.weigh(&w.bytes)
	}
	for _, p := range x.passing.list {
		p.weight = 0
		p.weigh(&w.bytes)
	}
	for _, ro := range x.rosters {
		ro.weight = 0
		ro.weigh(&w.bytes)
	}
	return w.bytes
}
