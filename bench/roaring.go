package main

import (
	"cmp"
	"context"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/grouprules/groups/bench/workload"
)

// bitmaps is an engine made of RoaringBitmap: a bitmap for each distinct predicate, for what is Unknown by
// what it is about, and for the members of each group. Predicates are cut from postings: users by code
// where there are few codes, users in the order of their values where there are many.
type bitmaps struct {
	w       *workload.World
	users   []workload.User
	all     *roaring.Bitmap // the active
	byCode  map[string]map[int32]*roaring.Bitmap
	byValue map[string]*ordering
	unknown map[string]*roaring.Bitmap // by about
	rules   []bitmapRule
	members []*roaring.Bitmap
	put     []*roaring.Bitmap // the assigned

	predicates map[string]*predicate
	on         map[string][]*predicate // by about
}

// A predicate is a condition without its negation, and who passes it.
type predicate struct {
	condition workload.Condition
	yes       *roaring.Bitmap
}

// A literal is a predicate, or its negation.
type literal struct {
	*predicate
	negated bool
	unknown *roaring.Bitmap
}

type bitmapRule struct {
	any  bool
	sets []bitmapSet
}

type bitmapSet struct {
	any      bool
	literals []literal
}

// An ordering is users by value, ascending.
type ordering struct {
	values []int32
	users  []uint32
}

func newRoaring(w *workload.World) Peer {
	b := &bitmaps{
		w: w, users: slices.Clone(w.Users), all: roaring.New(), unknown: map[string]*roaring.Bitmap{},
		predicates: map[string]*predicate{}, on: map[string][]*predicate{},
	}
	for i := range b.users {
		if b.users[i].Active {
			b.all.Add(uint32(i))
		}
	}
	for _, of := range []string{"unit", "line", "done", "manual"} {
		b.unknown[of] = roaring.New()
	}
	for f := range workload.Fields {
		b.unknown[f.String()] = roaring.New()
	}
	for i := range b.users {
		b.note(int32(i))
		if w.Lines.Gap[i] {
			b.unknown["line"].Add(uint32(i))
		}
	}
	b.post()
	for i := range w.Groups {
		b.rules = append(b.rules, b.compile(&w.Groups[i], true))
		b.members = append(b.members, bitmapOf(w.Members[i]))
		b.put = append(b.put, bitmapOf(w.Assigned[i]))
	}
	b.warm()
	return b
}

func bitmapOf(users []int32) *roaring.Bitmap {
	bm := roaring.New()
	for _, u := range users {
		bm.Add(uint32(u))
	}
	return bm
}

// note keeps what is Unknown of a user.
func (b *bitmaps) note(user int32) {
	u := &b.users[user]
	set := func(of string, unknown bool) {
		if unknown {
			b.unknown[of].Add(uint32(user))
		} else {
			b.unknown[of].Remove(uint32(user))
		}
	}
	for f, code := range u.Fields {
		set(workload.Field(f).String(), code == workload.Unknown)
	}
	set("unit", u.Unit == workload.Unknown)
	set("done", u.NoCourses)
}

// post makes the postings.
func (b *bitmaps) post() {
	b.byCode, b.byValue = map[string]map[int32]*roaring.Bitmap{}, map[string]*ordering{}
	add := func(of string, code int32, user int) {
		codes := b.byCode[of]
		if codes == nil {
			codes = map[int32]*roaring.Bitmap{}
			b.byCode[of] = codes
		}
		if codes[code] == nil {
			codes[code] = roaring.New()
		}
		codes[code].Add(uint32(user))
	}
	for i := range b.users {
		u := &b.users[i]
		for _, f := range []workload.Field{workload.Title, workload.City, workload.Country, workload.Grade, workload.Remote} {
			add(f.String(), u.Fields[f], i)
		}
		if mask := u.Fields[workload.Skills]; mask < 0 {
			add("skills", mask, i)
		} else {
			for bit := int32(0); mask>>bit != 0; bit++ {
				if mask>>bit&1 != 0 {
					add("skills", bit, i)
				}
			}
		}
		for _, r := range u.Courses {
			if r.Done != workload.Empty {
				add("done", r.Course, i)
			}
		}
		for _, g := range u.Manual {
			add("manual", g, i)
		}
	}
	for _, f := range []workload.Field{workload.Hired, workload.Seen, workload.Pay, workload.Email} {
		b.byValue[f.String()] = orderBy(len(b.users), func(i int) int32 { return b.users[i].Fields[f] })
	}
	b.byValue["unit"] = orderBy(len(b.users), func(i int) int32 {
		if u := b.users[i].Unit; u >= 0 {
			return b.w.Units.Lo[u]
		}
		return b.users[i].Unit
	})
	b.byValue["line"] = orderBy(len(b.users), func(i int) int32 { return b.w.Lines.Lo[i] })
}

func orderBy(n int, value func(int) int32) *ordering {
	o := &ordering{make([]int32, n), make([]uint32, n)}
	for i := range o.users {
		o.users[i] = uint32(i)
	}
	slices.SortFunc(o.users, func(a, b uint32) int { return cmp.Compare(value(int(a)), value(int(b))) })
	for i, u := range o.users {
		o.values[i] = value(int(u))
	}
	return o
}

// between are the users with values from one to another.
func (o *ordering) between(from, to int32) *roaring.Bitmap {
	first, _ := slices.BinarySearch(o.values, from)
	last, found := slices.BinarySearch(o.values, to)
	for found && last < len(o.values) && o.values[last] == to {
		last++
	}
	bm := roaring.New()
	if first < last {
		users := slices.Clone(o.users[first:last])
		slices.Sort(users)
		bm.AddMany(users)
	}
	return bm
}

// cut makes the bitmap of a predicate from the postings.
func (b *bitmaps) cut(c *workload.Condition) *roaring.Bitmap {
	of := about(c)
	codes := b.byCode[of]
	any := func(list []int32) *roaring.Bitmap {
		var found []*roaring.Bitmap
		for _, code := range list {
			if bm := codes[code]; bm != nil {
				found = append(found, bm)
			}
		}
		return roaring.FastOr(found...)
	}
	spread := func(s spans) *roaring.Bitmap {
		out := roaring.New()
		for _, p := range s {
			if p.from <= p.to {
				out.Or(b.byValue[of].between(p.from, p.to))
			}
		}
		return out
	}
	switch c.Kind {
	case workload.InUnit:
		return spread(spansOf(b.w.Units, c.Nodes, 0))
	case workload.Under:
		return spread(spansOf(b.w.Lines, c.Nodes, 1))
	case workload.Between:
		return spread(spans{{c.From, c.To}})
	case workload.MemberOf:
		return any(c.Codes)
	case workload.Completed:
		return b.atLeast(c.Need, mapped(c.Codes, func(n int32) *roaring.Bitmap { return codes[n] }))
	case workload.IncludesAny, workload.IncludesAll:
		var bits []int32
		for bit := int32(0); c.Mask>>bit != 0; bit++ {
			if c.Mask>>bit&1 != 0 {
				bits = append(bits, bit)
			}
		}
		if c.Kind == workload.IncludesAny {
			return any(bits)
		}
		return b.atLeast(len(bits), mapped(bits, func(n int32) *roaring.Bitmap { return codes[n] }))
	case workload.IsEmpty:
		if o := b.byValue[of]; o != nil {
			return o.between(workload.Empty, workload.Empty)
		}
		return any([]int32{workload.Empty})
	case workload.Is:
		return any(c.Codes)
	}
	if c.Field == workload.Email {
		out := roaring.New()
		for i := range b.users {
			if code := b.users[i].Fields[workload.Email]; code >= 0 && c.TextHolds(workload.Text(workload.Email, code)) {
				out.Add(uint32(i))
			}
		}
		return out
	}
	var hits []int32
	for code := range codes { // a test of texts runs on the dictionary
		if code >= 0 && c.TextHolds(workload.Fold(workload.Text(c.Field, code))) {
			hits = append(hits, code)
		}
	}
	return any(hits)
}

// atLeast are the users in so many of the bitmaps, of which some may be nil.
func (b *bitmaps) atLeast(need int, of []*roaring.Bitmap) *roaring.Bitmap {
	counts := make([]*roaring.Bitmap, need+1) // counts[k]: in at least k of those so far
	for k := 1; k <= need; k++ {
		counts[k] = roaring.New()
	}
	for _, bm := range of {
		if bm == nil {
			continue
		}
		for k := need; k > 1; k-- {
			counts[k].Or(roaring.And(counts[k-1], bm))
		}
		counts[1].Or(bm)
	}
	return counts[need]
}

// compile finds the predicates of criteria; keep has new ones kept.
func (b *bitmaps) compile(c *workload.Criteria, keep bool) bitmapRule {
	rule := bitmapRule{any: c.Any}
	for i := range c.Sets {
		set := bitmapSet{any: c.Sets[i].Any}
		for j := range c.Sets[i].Conditions {
			condition := c.Sets[i].Conditions[j]
			positive := condition.Positive()
			key := positive.Key()
			p := b.predicates[key]
			if p == nil {
				p = &predicate{condition: positive}
				if keep {
					b.predicates[key] = p
					b.on[about(&positive)] = append(b.on[about(&positive)], p)
				} else {
					p.yes = b.cut(&positive)
				}
			}
			set.literals = append(set.literals, literal{p, condition.Negated, b.unknown[about(&condition)]})
		}
		rule.sets = append(rule.sets, set)
	}
	return rule
}

// warm cuts the predicates that have no bitmap.
func (b *bitmaps) warm() {
	var cold []*predicate
	for _, p := range b.predicates {
		if p.yes == nil {
			cold = append(cold, p)
		}
	}
	workload.Each(len(cold), 0, func(i int) { cold[i].yes = b.cut(&cold[i].condition) })
}

// Cool drops the bitmaps of the predicates; the postings are as of now.
func (b *bitmaps) Cool() error {
	b.post()
	for _, p := range b.predicates {
		p.yes = nil
	}
	return nil
}

// certain are the active users for whom the rule holds for certain, and possible those for whom it may.
func (b *bitmaps) certain(r *bitmapRule) *roaring.Bitmap  { return b.joined(r, b.certainOf) }
func (b *bitmaps) possible(r *bitmapRule) *roaring.Bitmap { return b.joined(r, b.possibleOf) }

// joined joins what there is of each set.
func (b *bitmaps) joined(r *bitmapRule, of func(*bitmapSet) *roaring.Bitmap) *roaring.Bitmap {
	var whole *roaring.Bitmap
	for i := range r.sets {
		part := of(&r.sets[i])
		switch {
		case whole == nil:
			whole = part
		case r.any:
			whole.Or(part)
		default:
			whole.And(part)
		}
		if !r.any && whole.IsEmpty() {
			break
		}
	}
	whole.And(b.all)
	return whole
}

func (b *bitmaps) certainOf(s *bitmapSet) *roaring.Bitmap {
	if s.any {
		out := roaring.New()
		for _, l := range s.literals {
			if l.negated {
				out.Or(roaring.AndNot(roaring.AndNot(b.all, l.yes), l.unknown))
			} else {
				out.Or(l.yes)
			}
		}
		return out
	}
	var out *roaring.Bitmap
	for _, l := range s.literals {
		switch {
		case l.negated:
		case out == nil:
			out = l.yes.Clone()
		default:
			out.And(l.yes)
		}
	}
	return b.without(out, s, true)
}

func (b *bitmaps) possibleOf(s *bitmapSet) *roaring.Bitmap {
	if s.any {
		out := roaring.New()
		for _, l := range s.literals {
			if l.negated {
				out.Or(roaring.AndNot(b.all, l.yes))
			} else {
				out.Or(l.yes)
				out.Or(l.unknown)
			}
		}
		return out
	}
	var out *roaring.Bitmap
	for _, l := range s.literals {
		switch {
		case l.negated:
		case out == nil:
			out = roaring.Or(l.yes, l.unknown)
		default:
			unsure := roaring.And(out, l.unknown)
			out.And(l.yes)
			out.Or(unsure)
		}
	}
	return b.without(out, s, false)
}

// without leaves out whom the negated literals deny, and for certain those as well of whom they are unknown. Nil is everybody.
func (b *bitmaps) without(out *roaring.Bitmap, s *bitmapSet, certain bool) *roaring.Bitmap {
	if out == nil {
		out = b.all.Clone()
	}
	for _, l := range s.literals {
		if !l.negated {
			continue
		}
		if out.AndNot(l.yes); certain {
			out.AndNot(l.unknown)
		}
	}
	return out
}

// ask is the verdict for one user, bit by bit.
func (r *bitmapRule) ask(user uint32) workload.Verdict {
	whole := joining(r.any)
	for i := range r.sets {
		part := joining(r.sets[i].any)
		for _, l := range r.sets[i].literals {
			v := verdict(l.yes.Contains(user))
			if v == workload.No && l.unknown.Contains(user) {
				v = workload.Unsure
			}
			if l.negated {
				v = v.Not()
			}
			if part.take(v) {
				break
			}
		}
		if whole.take(part.verdict) {
			break
		}
	}
	return whole.verdict
}

// A joined is verdicts taken together by All, or by Any.
type joined struct {
	any     bool
	verdict workload.Verdict
}

func joining(any bool) joined {
	if any {
		return joined{true, workload.No}
	}
	return joined{false, workload.Yes}
}

// take reports whether no further verdict can change the answer.
func (j *joined) take(v workload.Verdict) bool {
	if j.any {
		j.verdict = max(j.verdict, v)
		return j.verdict == workload.Yes
	}
	j.verdict = min(j.verdict, v)
	return j.verdict == workload.No
}

func (b *bitmaps) Full(_ context.Context, r Range) ([]Move, error) {
	b.warm()
	moves := make([][]Move, r.Groups)
	workload.Each(r.Groups, 0, func(g int) {
		yes := b.certain(&b.rules[g])
		joins := roaring.AndNot(yes, b.members[g])
		leaves := roaring.AndNot(b.members[g], yes)
		leaves.AndNot(b.put[g])
		for it := joins.Iterator(); it.HasNext(); {
			moves[g] = append(moves[g], Move{int32(g), int32(it.Next()), true})
		}
		for it := leaves.Iterator(); it.HasNext(); {
			if u := it.Next(); b.rules[g].ask(u) == workload.No {
				moves[g] = append(moves[g], Move{int32(g), int32(u), false})
			}
		}
	})
	return slices.Concat(moves...), nil
}

// Learning has changes as they are: they are in the words of this peer. The predicates are kept up.
func (b *bitmaps) Learning(changes []workload.Change) func(context.Context) error {
	return func(context.Context) error {
		b.learn(changes)
		return nil
	}
}

// learn keeps the predicates up that are on what changed of a user.
func (b *bitmaps) learn(changes []workload.Change) {
	for i := range changes {
		c := &changes[i]
		was := &b.users[c.User]
		var dirty []string
		for f, code := range c.Now.Fields {
			if code != was.Fields[f] {
				dirty = append(dirty, workload.Field(f).String())
			}
		}
		if c.Now.Unit != was.Unit {
			dirty = append(dirty, "unit")
		}
		*was = c.Now
		b.note(c.User)
		for _, of := range dirty {
			for _, p := range b.on[of] {
				if b.w.Holds(&p.condition, c.User, was) == workload.Yes {
					p.yes.Add(uint32(c.User))
				} else {
					p.yes.Remove(uint32(c.User))
				}
			}
		}
	}
}

func (b *bitmaps) Touched(_ context.Context, users []int32, groups int) ([]Move, error) {
	var moves []Move
	for _, user := range users {
		if !b.users[user].Active {
			continue
		}
		for g := range b.rules[:groups] {
			was := b.members[g].Contains(uint32(user))
			v := b.rules[g].ask(uint32(user))
			if (v == workload.Yes && !was || v == workload.No && was) && !b.put[g].Contains(uint32(user)) {
				moves = append(moves, Move{int32(g), user, !was})
			}
		}
	}
	return moves, nil
}

func (b *bitmaps) Counting(c *workload.Criteria, _ int) func(context.Context) (int, error) {
	return func(context.Context) (int, error) {
		rule := b.compile(c, false)
		return int(b.certain(&rule).GetCardinality()), nil
	}
}

// Doubting counts both ends of what the rule says.
func (b *bitmaps) Doubting(c *workload.Criteria, _ int) func(context.Context) (tally, error) {
	return func(context.Context) (tally, error) {
		rule := b.compile(c, false)
		hold := int(b.certain(&rule).GetCardinality())
		return tally{hold, int(b.possible(&rule).GetCardinality()) - hold}, nil
	}
}

func (b *bitmaps) Member(_ context.Context, group, user int) (bool, error) {
	return b.members[group].Contains(uint32(user)), nil
}

// Numbered says that there are no names.
func (b *bitmaps) Numbered() {}

func (b *bitmaps) Match(_ context.Context, group, user int) (workload.Verdict, error) {
	return b.rules[group].ask(uint32(user)), nil
}

func (b *bitmaps) Close() error { return nil }
