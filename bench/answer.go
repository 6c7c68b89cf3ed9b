package main

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/fnv"
	"slices"

	"github.com/grouprules/groups/bench/workload"
)

// A Move is a user who joins a group or leaves it.
type Move struct {
	Group, User int32
	Joined      bool
}

// sorted returns the moves by group and then by user.
func sorted(moves []Move) []Move {
	slices.SortFunc(moves, func(a, b Move) int { return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.User, b.User)) })
	return moves
}

// An answer is the hash of what a peer answered.
type answer struct{ hash.Hash64 }

func newAnswer() answer { return answer{fnv.New64a()} }

func (a answer) add(numbers ...int) {
	for _, n := range numbers {
		binary.Write(a, binary.LittleEndian, int64(n))
	}
}

func (a answer) String() string { return fmt.Sprintf("%012x", a.Sum64()>>16) }

func hashOf(moves []Move) string {
	a := newAnswer()
	for _, m := range moves {
		a.add(int(m.Group), int(m.User), int(truth(m.Joined)))
	}
	return a.String()
}

func truth(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

// expected are the moves, within the range, that changed users make. Nobody else moves: the memberships
// are those of the users as they were.
func expected(w *workload.World, changes []workload.Change, r Range) []Move {
	var moves []Move
	for i := range changes {
		c := &changes[i]
		if int(c.User) >= r.Users || !c.Now.Active {
			continue
		}
		for g := range w.Groups[:r.Groups] {
			if w.IsAssigned(g, c.User) {
				continue
			}
			was := w.IsMember(g, c.User)
			switch v := w.Verdict(&w.Groups[g], c.User, &c.Now); {
			case v == workload.Yes && !was, v == workload.No && was:
				moves = append(moves, Move{int32(g), c.User, !was})
			}
		}
	}
	return sorted(moves)
}

// disagreement says where two answers part, and is nil where they do not.
func disagreement(got, want []Move) error {
	for i := range max(len(got), len(want)) {
		switch {
		case i == len(got):
			return fmt.Errorf("%d moves and not %d: %+v is missing", len(got), len(want), want[i])
		case i == len(want):
			return fmt.Errorf("%d moves and not %d: %+v is too many", len(got), len(want), got[i])
		case got[i] != want[i]:
			return fmt.Errorf("move %d of %d is %+v and not %+v", i, len(want), got[i], want[i])
		}
	}
	return nil
}
