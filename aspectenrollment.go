package groups

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/posting"
	"github.com/grouprules/groups/internal/userset"
)

// enrollmentAspect keeps the courses of the users.
type enrollmentAspect struct {
	questions
	x       *index
	open    userset.Set // whose list may have more
	courses map[string]uint32
	named   []string // courses by number
	states  map[string]uint32
	in      posting.Lists // who is in a course, with the number of the record
	records map[recordKey]uint32
	sample  []Enrollment    // a record of each number, in whichever course
	stateOf []uint32        // the number of its status
	entries []posting.Entry // memory for keep
	// The courses and records of a Memory, by their numbers there.
	filedCourses, filedRecords filedCodes
}

// recordKey is what conditions can tell about a record, other than its course: its status, by number, and when it
// was completed, as a day or as the seconds and nanoseconds of an instant.
type recordKey struct {
	at, nanos int64
	status    uint32
	completed completion
}

type completion uint32

const (
	unknownCompletion completion = iota
	notCompleted
	completedOn
	completedAt
)

func newEnrollmentAspect(x *index) *enrollmentAspect {
	return &enrollmentAspect{x: x, courses: map[string]uint32{}, states: map[string]uint32{}, records: map[recordKey]uint32{}}
}

// record numbers a record.
func (a *enrollmentAspect) record(e *Enrollment) uint32 {
	key := recordKey{status: inOrder(a.states, e.Status)}
	switch completed := e.Completed.data.(type) {
	case empty:
		key.completed = notCompleted
	case calendar.Day:
		key.completed, key.at = completedOn, int64(completed)
	case time.Time:
		key.completed, key.at, key.nanos = completedAt, completed.Unix(), int64(completed.Nanosecond())
	}
	r, ok := a.records[key]
	if !ok {
		r = uint32(len(a.sample))
		a.records[key], a.sample, a.stateOf = r, append(a.sample, *e), append(a.stateOf, key.status)
	}
	return r
}

func (a *enrollmentAspect) course(id string) uint32 {
	n := inOrder(a.courses, id)
	if int(n) == len(a.named) {
		a.named = append(a.named, id)
	}
	return n
}

// inOrder numbers names, from 0 on.
func inOrder(in map[string]uint32, name string) uint32 {
	n, ok := in[name]
	if !ok {
		n = uint32(len(in))
		in[name] = n
	}
	return n
}

func (a *enrollmentAspect) put(people []person) {
	answered := a.answered()
	for i := range people {
		u := &people[i]
		a.file(u.Enrollments.list, u.enrolled)
		if !a.keep(u.n, !u.Enrollments.complete) || !answered {
			continue
		}
		for _, p := range a.predicates {
			if a.stir(p); p.filled {
				p.set(u.n, p.leaf.verdict(&u.User, &p.agenda.view))
				p.touch(u.n)
			}
		}
	}
}

func (a *enrollmentAspect) drop(n uint32) {
	a.entries = a.entries[:0]
	a.keep(n, false)
	for _, p := range a.predicates {
		if a.stir(p); p.filled {
			p.set(n, No)
		}
	}
}

func (a *enrollmentAspect) grow(int) {}

// keep keeps the entries as what a user is in now, and reports whether that is something else.
func (a *enrollmentAspect) keep(n uint32, open bool) bool {
	if !a.in.Put(n, a.entries) && a.open.Has(n) == open {
		return false
	}
	a.changes++
	include(&a.open, n, open)
	return true
}

// file makes entries of enrollments, by the numbers of their courses. Of a Memory, enrolled has the numbers there.
func (a *enrollmentAspect) file(list []Enrollment, enrolled []filedEnrollment) {
	a.entries = a.entries[:0]
	for i := range list {
		e, filed := &list[i], filedEnrollment{}
		if enrolled != nil {
			filed = enrolled[i]
		}
		course, met := a.filedCourses.at(filed.course)
		if !met {
			course = a.course(e.Course)
			a.filedCourses.put(filed.course, course)
		}
		record, met := a.filedRecords.at(filed.record)
		if !met {
			record = a.record(e)
			a.filedRecords.put(filed.record, record)
		}
		a.entries = append(a.entries, posting.Entry{List: course, Value: record})
	}
	slices.SortFunc(a.entries, func(a, b posting.Entry) int { return cmp.Compare(a.List, b.List) })
}

// of are the enrollments of a user, as far as conditions can tell.
func (a *enrollmentAspect) of(n uint32) Enrollments {
	e := Enrollments{complete: !a.open.Has(n)}
	for _, entry := range a.in.Of(n) {
		record := a.sample[entry.Value]
		record.Course = a.named[entry.List]
		e.list = append(e.list, record)
	}
	slices.SortFunc(e.list, func(a, b Enrollment) int { return cmp.Compare(a.Course, b.Course) })
	return e
}

// tell is what is known of the records in a course.
func (a *enrollmentAspect) tell(id string) records {
	course, taken := a.courses[id]
	if !taken || a.in.Count(course) == 0 {
		return noRecords
	}
	for chunk := range chunksOf(len(a.x.ids)) {
		_, records := a.in.Chunk(course, chunk)
		for _, r := range records {
			if a.sample[r].tells() == knownRecords {
				return knownRecords
			}
		}
	}
	return blankRecords
}

// tally is what the courses of a condition say of the users of one chunk, nothing between two of them.
type tally [userset.Chunk]addedUp

// addedUp is how many courses somebody is in, and how many of them say Yes and Unknown.
type addedUp struct{ found, yes, unknown uint16 }

func (s *addedUp) add(v Verdict) {
	s.found++
	switch v {
	case Yes:
		s.yes++
	case Unknown:
		s.unknown++
	}
}

func (a *enrollmentAspect) fill(list []*predicate, with *scratch) {
	for _, p := range list {
		l := p.leaf.(*enrollmentLeaf)
		r := a.reckoning(l, l.courses, &p.agenda.view, with)
		for chunk, size := range chunksOf(len(a.x.ids)) {
			a.x.present.Load(chunk, &with.met)
			r.ask(chunk)
			p.yes.Put(chunk, &with.yes, size)
			p.unknown.Put(chunk, &with.unknown, size)
		}
		r.end(with)
	}
}

// A reckoning is a condition that is asked by some of its courses, as if there were no records in the others.
type reckoning struct {
	*inquiry
	courses []uint32
	with    *scratch
}

func (a *enrollmentAspect) reckoning(l *enrollmentLeaf, courses []string, view *View, with *scratch) *reckoning {
	return &reckoning{a.inquiry(l, view, with), a.taken(courses), with}
}

// ask finds of whom among those who are met in a chunk the condition says Yes and Unknown.
func (r *reckoning) ask(chunk int) {
	a, with := r.a, r.with
	with.yes.Reset()
	with.open = with.met
	a.open.And(chunk, &with.open)
	with.unknown = with.open // who is in none of the courses
	switch {
	case len(r.courses) == 1: // nothing to add up
		users, records := a.in.Chunk(r.courses[0], chunk)
		for i, u := range users {
			if with.met.Has(u) {
				var of addedUp
				of.add(r.verdict(records[i]))
				r.settle(u, of)
			}
		}
	case r.isSoonerByUser(chunk):
		for u := range with.met.All() {
			var of addedUp
			for _, e := range a.in.Of(uint32(chunk*userset.Chunk) + uint32(u)) {
				if _, is := slices.BinarySearch(r.courses, e.List); is {
					of.add(r.verdict(e.Value))
				}
			}
			r.settle(u, of)
		}
	default:
		r.addUp(chunk)
		for _, course := range r.courses {
			users, _ := a.in.Chunk(course, chunk)
			for _, u := range users {
				if of := &with.tally[u]; of.found > 0 { // not settled yet
					r.settle(u, *of)
					*of = addedUp{}
				}
			}
		}
	}
}

// settle decides about one user.
func (r *reckoning) settle(u uint16, of addedUp) {
	sure, may := int(of.yes), int(of.unknown)
	if r.with.open.Has(u) {
		may += len(r.leaf.courses) - int(of.found)
	}
	r.with.unknown.Clear(u)
	switch {
	case sure >= r.leaf.need:
		r.with.yes.Set(u)
	case sure+may >= r.leaf.need:
		r.with.unknown.Set(u)
	}
}

// isSoonerByUser reports whether those who are met have fewer entries than the courses.
func (r *reckoning) isSoonerByUser(chunk int) bool {
	const each = 16 // entries of a user, and the way to them
	entries := 0
	for _, course := range r.courses {
		in, _ := r.a.in.Chunk(course, chunk)
		entries += len(in)
	}
	return r.with.met.Count()*each < entries
}

// addUp adds up what the courses say of those who are met.
func (r *reckoning) addUp(chunk int) {
	with := r.with
	if with.tally == nil {
		with.tally = new(tally)
	}
	for _, course := range r.courses {
		users, records := r.a.in.Chunk(course, chunk)
		for i, u := range users {
			if with.met.Has(u) {
				with.tally[u].add(r.verdict(records[i]))
			}
		}
	}
}

// join makes the set of those who have a record in any of some courses.
func (a *enrollmentAspect) join(courses []uint32, with *scratch, set *userset.Set) {
	for chunk := a.x.chunks() - 1; chunk >= 0; chunk-- { // from the last on, so that the set grows once
		var room [1][]uint16
		lists := room[:0]
		for _, course := range courses {
			if users, _ := a.in.Chunk(course, chunk); len(users) > 0 {
				lists = append(lists, users)
			}
		}
		switch size := a.x.users(chunk); len(lists) {
		case 0:
		case 1:
			set.PutList(chunk, lists[0], size)
		default:
			with.met.Reset()
			for _, users := range lists {
				for _, u := range users {
					with.met.Set(u)
				}
			}
			set.Put(chunk, &with.met, size)
		}
	}
}

// taken are those courses that anybody is or was in, ascending.
func (a *enrollmentAspect) taken(names []string) (courses []uint32) {
	for _, name := range names {
		if course, taken := a.courses[name]; taken {
			courses = append(courses, course)
		}
	}
	slices.Sort(courses)
	return courses
}

// An inquiry is what a condition says of records, each of which is asked about once. What was said is one more than it
// is, and 0 where it was not.
type inquiry struct {
	a     *enrollmentAspect
	leaf  *enrollmentLeaf
	view  *View
	said  []Verdict // by record
	about []Verdict // by status, where only that matters
	asked []uint32
}

func (a *enrollmentAspect) inquiry(l *enrollmentLeaf, v *View, with *scratch) *inquiry {
	with.records = slices.Grow(with.records, max(0, len(a.sample)-len(with.records)))[:len(a.sample)]
	q := &inquiry{a: a, leaf: l, view: v, said: with.records, asked: with.asked[:0]}
	if l.op != opCompleted {
		q.about = make([]Verdict, len(a.states))
	}
	return q
}

func (q *inquiry) verdict(record uint32) Verdict {
	if q.said[record] == 0 {
		q.ask(record)
	}
	return q.said[record] - 1
}

func (q *inquiry) ask(record uint32) {
	says := &q.said[record]
	q.asked = append(q.asked, record)
	if q.about == nil {
		*says = 1 + q.leaf.says(&q.a.sample[record], q.view)
		return
	}
	about := &q.about[q.a.stateOf[record]]
	if *about == 0 {
		*about = 1 + q.leaf.says(&q.a.sample[record], q.view)
	}
	*says = *about
}

// end makes the memory of the inquiry that of the next.
func (q *inquiry) end(with *scratch) {
	for _, r := range q.asked {
		with.records[r] = 0
	}
	with.asked = q.asked
}

func (a *enrollmentAspect) shift(p *predicate, from *View, with *scratch) {
	l := p.leaf.(*enrollmentLeaf)
	q := a.inquiry(l, &p.agenda.view, with)
	defer q.end(with)
	was := a.inquiry(l, from, new(scratch))
	courses := a.taken(l.courses)
	for chunk := range chunksOf(len(a.x.ids)) {
		with.met.Reset()
		for _, course := range courses {
			users, records := a.in.Chunk(course, chunk)
			for i, u := range users {
				if q.verdict(records[i]) != was.verdict(records[i]) {
					with.met.Set(u)
				}
			}
		}
		for u := range with.met.All() {
			n := uint32(chunk*userset.Chunk) + uint32(u)
			p.set(n, l.verdict(&User{Enrollments: a.of(n)}, &p.agenda.view))
		}
	}
}

func (a *enrollmentAspect) turn(p *predicate, today calendar.Day) calendar.Day {
	l := p.leaf.(*enrollmentLeaf)
	earliest := noDay
	met := make([]bool, len(a.sample))
	for _, course := range l.courses {
		c, taken := a.courses[course]
		if !taken {
			continue
		}
		for chunk := range chunksOf(len(a.x.ids)) {
			_, records := a.in.Chunk(c, chunk)
			for _, r := range records {
				if met[r] {
					continue
				}
				met[r] = true
				record := a.sample[r]
				record.Course = course
				u := User{Enrollments: Enrollments{list: []Enrollment{record}, complete: true}}
				l.turns(&u, &p.agenda.view, func(t turn) {
					if day, ok := t.relation.NextDay(t.day, today, t.span); ok {
						earliest = min(earliest, day)
					}
				})
				if earliest == today+1 {
					return earliest
				}
			}
		}
	}
	return earliest
}

func (a *enrollmentAspect) tidy() {
	a.mention(nil, func(p *predicate) (iter.Seq[string], bool) {
		return slices.Values(p.leaf.(*enrollmentLeaf).courses), false
	})
}

func (a *enrollmentAspect) bytes() int {
	return a.in.Bytes() + a.open.Bytes() + 160*len(a.sample)
}
