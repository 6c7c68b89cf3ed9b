package groups

import (
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/posting"
	"github.com/grouprules/groups/internal/userset"
)

// enrollmentAspect keeps the courses of the users.
type enrollmentAspect struct {
	questions
	x       *index
	held    []Enrollments // by user
	open    userset.Set   // whose list may have more
	courses map[string]uint32
	states  map[string]uint32
	in      posting.Lists // who is in a course, with the number of the record
	records map[recordKey]uint32
	sample  []Enrollment // a record of each number, in whichever course
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
		a.records[key], a.sample = r, append(a.sample, *e)
	}
	return r
}

func (a *enrollmentAspect) course(id string) uint32 { return inOrder(a.courses, id) }

// inOrder numbers names, from 0 on.
func inOrder(in map[string]uint32, name string) uint32 {
	n, ok := in[name]
	if !ok {
		n = uint32(len(in))
		in[name] = n
	}
	return n
}

func (a *enrollmentAspect) put(n uint32, u *User) {
	changes := a.changes
	a.keep(n, u)
	if a.changes == changes && u != nil {
		return
	}
	for _, p := range a.predicates {
		switch {
		case !p.filled:
		case u == nil:
			p.set(n, No)
		default:
			p.set(n, p.leaf.verdict(u, &p.view))
			p.touch(n)
		}
	}
}

func (a *enrollmentAspect) keepAll(people []person) {
	for i := range people {
		a.keep(people[i].n, &people[i].User)
	}
}

func (a *enrollmentAspect) keep(n uint32, u *User) {
	for int(n) >= len(a.held) {
		a.held = append(a.held, Enrollments{complete: true})
	}
	now := Enrollments{complete: true}
	if u != nil {
		now = u.Enrollments
	}
	was := a.held[n]
	a.held[n] = now
	if now.complete {
		a.open.Remove(n)
	} else {
		a.open.Add(n)
	}
	if !was.Equal(now) || u == nil {
		a.changes++
		a.file(n, was.list, now.list)
	}
}

// file puts a user on the lists of the courses they are in now, and takes them off those they were in.
func (a *enrollmentAspect) file(n uint32, was, now []Enrollment) {
	for _, e := range was {
		if _, still := (Enrollments{list: now}).in(e.Course); !still {
			a.in.Drop(a.course(e.Course), n)
		}
	}
	for i := range now {
		a.in.Put(a.course(now[i].Course), n, a.record(&now[i]))
	}
}

// tally counts the courses of a condition of one chunk of users.
type tally struct{ found, yes, unknown [userset.Chunk]uint16 }

func (a *enrollmentAspect) fill(list []*predicate, with *scratch) {
	for _, p := range list {
		a.work(p, with)
	}
}

func (a *enrollmentAspect) work(p *predicate, with *scratch) {
	l := p.leaf.(*enrollmentLeaf)
	t, yes, unknown, met := &with.tally, &with.yes, &with.unknown, &with.met
	p.yes, p.unknown = userset.Set{}, userset.Set{}
	asked := map[uint32]Verdict{}
	verdict := func(r uint32) Verdict {
		v, known := asked[r]
		if !known {
			e := a.sample[r]
			u := User{Enrollments: Enrollments{list: []Enrollment{e}, complete: true}}
			v = l.of(&u, e.Course, &p.view)
			asked[r] = v
		}
		return v
	}
	for chunk, size := range chunksOf(len(a.x.ids)) {
		yes.Reset()
		unknown.Reset()
		a.met(chunk, l.courses, met)
		for u := range met.All() {
			t.found[u], t.yes[u], t.unknown[u] = 0, 0, 0
		}
		for _, course := range l.courses {
			c, taken := a.courses[course]
			if !taken {
				continue
			}
			users, records := a.in.Chunk(c, chunk)
			for i, u := range users {
				t.found[u]++
				switch verdict(records[i]) {
				case Yes:
					t.yes[u]++
				case Unknown:
					t.unknown[u]++
				}
			}
		}
		for u := range met.All() {
			in, unsure := int(t.yes[u]), int(t.unknown[u])
			if a.open.Has(uint32(chunk*userset.Chunk) + uint32(u)) {
				unsure += len(l.courses) - int(t.found[u])
			}
			switch {
			case in >= l.need:
				yes.Set(u)
			case in+unsure >= l.need:
				unknown.Set(u)
			}
		}
		p.yes.Put(chunk, yes, size)
		p.unknown.Put(chunk, unknown, size)
	}
}

// met is who of a chunk is in one of the courses, or might be.
func (a *enrollmentAspect) met(chunk int, courses []string, met *userset.Bits) {
	a.open.Load(chunk, met)
	for _, course := range courses {
		if c, taken := a.courses[course]; taken {
			users, _ := a.in.Chunk(c, chunk)
			for _, u := range users {
				met.Set(u)
			}
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
				l.turns(&u, &p.view, func(t turn) {
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

func (a *enrollmentAspect) tidy() {}
func (a *enrollmentAspect) bytes() int {
	return a.in.Bytes() + a.open.Bytes() + 32*len(a.held) + 160*len(a.sample)
}
