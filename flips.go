package groups

import (
	"slices"
	"sync"

	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
)

// flips are what changed for users since they were last decided about: the predicates that became another for
// them. One without a predicate stands for all, of a user who came, went, or was switched on or off. A run over
// a few users looks only at the groups that read one of those.
type flips struct {
	mu     sync.Mutex // for aspects that tell at once
	on     bool       // somebody wants to know
	of     map[uint32][]flip
	count  int
	told   uint64              // how many there ever were
	lost   uint64              // how often they were lost, so that nobody knows any more
	turned uint64              // how often the place of a predicate on a sheet ceased to say what it says of values
	spoilt map[*predicate]bool // to be filled again, which may tell of more; some a run has filled since
	unsure userset.Set         // of whom something was unknown to a predicate: nothing is of anybody else
	// flipped are the users for whom there was one, whether or not somebody wants to know which.
	flipped journal
}

// A flip is a predicate that became another for a user: more or less true.
type flip struct {
	*predicate
	more bool
	now  program.Truth // what it says of the user from then on; zero where that is not known
}

// A use is a group whose rule has a predicate, and its place in the order of the groups.
type use struct {
	of    *entry
	place int32
	sign
}

// mayGain reports whether a rule that has the predicate so may hold now where it did not.
func (s sign) mayGain(f flip) bool { return f.more && s.asIs || !f.more && s.negated }

// manyFlips is how many are kept. Where so much changes it costs less to process all groups.
const manyFlips = 1 << 23

// manyFlipped is how many users who flipped are kept in their order. Where they are more nobody asks about them alone.
const manyFlipped = 1 << 20

// note has groups that were settled ask about a user again.
func (f *flips) note(n uint32) {
	f.flipped.note(n)
	f.flipped.trim(manyFlipped)
}

// add notes flips of a user.
func (f *flips) add(n uint32, of ...flip) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.put(n, of)
}

func (f *flips) put(n uint32, of []flip) {
	f.note(n)
	if !f.on {
		return
	}
	if f.count+len(of) > manyFlips {
		f.lose()
		return
	}
	if f.of == nil {
		f.of = map[uint32][]flip{}
	}
	f.of[n] = append(f.of[n], of...)
	f.count += len(of)
	f.told += uint64(len(of))
}

// flippedUsers are flips of one user after the other, for who tells of many at once: aspects that do so user by user wait for
// each other.
type flippedUsers struct {
	list []flip
	of   []uint32 // whose
}

// toldTogether is from how many flips on they are told, so that their memory stays small where many conditions ask for a value.
const toldTogether = 1 << 12

func (l *flippedUsers) add(n uint32, of flip) { l.list, l.of = append(l.list, of), append(l.of, n) }

// tell notes them, and begins anew.
func (l *flippedUsers) tell() {
	if len(l.list) == 0 {
		return
	}
	f := l.list[0].flips
	f.mu.Lock()
	defer f.mu.Unlock()
	for from, i := 0, 0; i < len(l.list); i++ {
		if l.list[i].now == program.Unknown {
			f.unsure.Add(l.of[i])
		}
		if i+1 == len(l.list) || l.of[i+1] != l.of[i] {
			f.put(l.of[i], l.list[from:i+1])
			from = i + 1
		}
	}
	clear(l.list)
	l.list, l.of = l.list[:0], l.of[:0]
}

// spoil notes a predicate that is to be filled again.
func (f *flips) spoil(p *predicate) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.spoilt == nil {
		f.spoilt = map[*predicate]bool{}
	}
	f.spoilt[p] = true
	f.turned++
}

// compare notes for whom the predicate is another than it was.
func (f *flips) compare(p *predicate, yes, unknown *userset.Set, users int) {
	for chunk := range chunksOf(users) {
		var b userset.Bits
		for _, of := range [][2]*userset.Set{{yes, &p.yes}, {unknown, &p.unknown}} {
			of[0].Load(chunk, &b)
			of[1].Xor(chunk, &b)
			for i := range b.All() {
				n := uint32(chunk*userset.Chunk) + uint32(i)
				f.add(n, flip{predicate: p, more: true})
				f.add(n, flip{predicate: p})
			}
		}
	}
}

// doubt notes that something is unknown of a user.
func (f *flips) doubt(n uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unsure.Add(n)
}

// lose gives up: whoever wants to know begins anew.
func (f *flips) lose() {
	f.settled()
	f.on, f.spoilt = false, nil
	f.lost++
	f.flipped.lose()
}

// settled forgets all, since everybody was decided about.
func (f *flips) settled() { f.of, f.count = nil, 0 }

// drop forgets the first flips of a user, who was decided about.
func (f *flips) drop(n uint32, first int) {
	list := f.of[n]
	if first = min(first, len(list)); first == 0 {
		return
	}
	f.count -= first
	if first == len(list) {
		delete(f.of, n)
		return
	}
	f.of[n] = slices.Clone(list[first:])
}
