package groups

import (
	"context"
	"iter"
	"math"

	"github.com/grouprules/groups/internal/pairs"
)

// This file says how a Memory keeps standings: as a code that says it all where no person has decided
// anything, which is nearly always, and else as a value.

// The code is the bits of the bit and of what is undecided, and two for each of the methods.
const (
	codeAutomatic  = 1 << 0
	codeUndecided  = 1 << 1
	codePopulation = 2 // the first bit
	codeMember     = 4
	codeMethod     = 1<<2 - 1
)

// cellOf is a standing as it is kept; a blank one is the zero cell.
func cellOf(s *Standing) pairs.Cell[Standing] {
	if s.Assignment != nil || s.Exclusion != nil || s.Population > codeMethod || s.Member > codeMethod {
		own := s.clone()
		return pairs.Cell[Standing]{Value: &own}
	}
	code := uint8(s.Population)<<codePopulation | uint8(s.Member)<<codeMember
	if s.Automatic {
		code |= codeAutomatic
	}
	if s.Undecided {
		code |= codeUndecided
	}
	return pairs.Cell[Standing]{Code: code}
}

// standingOf is the standing that a cell keeps, the caller's own.
func standingOf(group GroupID, user UserID, c pairs.Cell[Standing]) Standing {
	if c.Value != nil {
		return c.Value.clone()
	}
	return Standing{
		Group: group, User: user, Automatic: c.Code&codeAutomatic != 0, Undecided: isUndecided(c),
		Population: populationOf(c), Member: memberOf(c),
	}
}

// isUndecided and populationOf are of a standing by its cell.
func isUndecided(c pairs.Cell[Standing]) bool {
	if c.Value != nil {
		return c.Value.Undecided
	}
	return c.Code&codeUndecided != 0
}

func populationOf(c pairs.Cell[Standing]) Method {
	if c.Value != nil {
		return c.Value.Population
	}
	return Method(c.Code >> codePopulation & codeMethod)
}

// memberOf is how a user is in the membership by a cell.
func memberOf(c pairs.Cell[Standing]) Method {
	if c.Value != nil {
		return c.Value.Member
	}
	return Method(c.Code >> codeMember & codeMethod)
}

// storedAbout is what is stored about a user, in any order, for who only reads it: cells, and the numbers that a [Memory]
// has of the groups; a Store that is none has no numbers.
func storedAbout(ctx context.Context, store Store, user UserID) iter.Seq2[pairs.Pair[GroupID, Standing], error] {
	if m, ok := store.(*Memory); ok {
		return memoryStream(ctx, func() (iter.Seq[pairs.Pair[GroupID, Standing]], error) {
			return m.standings.Numbered(user).All(), nil
		}, &m.mu, func(p pairs.Pair[GroupID, Standing], yield func(pairs.Pair[GroupID, Standing], error) bool) bool {
			return yield(p, nil)
		})
	}
	return func(yield func(pairs.Pair[GroupID, Standing], error) bool) {
		for st, err := range store.StandingsOf(ctx, user) {
			if !yield(pairs.Pair[GroupID, Standing]{Key: st.Group, Cell: cellOf(&st), Number: unnumbered}, err) {
				return
			}
		}
	}
}

// unnumbered is the number of what has none.
const unnumbered = math.MaxUint32

// numbers is how many numbers of users there are, given out or free, and the era.
func (m *Memory) numbers() (era uint64, n int) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.standings.Members()
}

// numberedGroups is how many numbers groups have.
func (m *Memory) numberedGroups() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.standings.Sets()
}

// member is how a user is a member of a group.
func (m *Memory) member(ctx context.Context, group GroupID, user UserID) (Method, error) {
	if err := ctx.Err(); err != nil {
		return Outside, err
	}
	m.mu.RLock()
	c := m.standings.At(group, user)
	m.mu.RUnlock()
	return memberOf(c), nil
}

// standingAt is what is stored about one user in one group, if the groups are as they were at a moment. What it
// points to is shared.
func (m *Memory) standingAt(moment uint64, group GroupID, user UserID) (st Standing, ok bool) {
	m.mu.RLock()
	c := m.standings.At(group, user)
	ok = m.moment.Load() == moment
	m.mu.RUnlock()
	if c.Value != nil {
		return *c.Value, ok
	}
	return standingOf(group, user, c), ok
}

// standing is what is stored about one user in one group, whose assignment and exclusion are shared.
func (m *Memory) standing(ctx context.Context, group GroupID, user UserID) (Standing, error) {
	if err := ctx.Err(); err != nil {
		return Standing{}, err
	}
	m.mu.RLock()
	c := m.standings.At(group, user)
	m.mu.RUnlock()
	if c.Value != nil {
		return *c.Value, nil
	}
	return standingOf(group, user, c), nil
}

// stand gives subjects what is stored about one user in them.
func (m *Memory) stand(ctx context.Context, user UserID, subjects []*subject) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, s := range subjects {
		s.standing = standingOf(s.ID, user, m.standings.At(s.ID, user))
	}
	return nil
}

// A numberedStanding is a standing with the number that its user has in a [Memory], and nobody else has in the same era,
// from 1 on; 0 is none. Its assignment and exclusion are shared.
type numberedStanding struct {
	Standing
	era    uint64
	number uint32
}

// numberedStandings are what is stored about the users of a group, for who only reads it.
func numberedStandings(ctx context.Context, store Store, group GroupID) iter.Seq2[numberedStanding, error] {
	if m, ok := store.(*Memory); ok {
		return m.numbered(ctx, group)
	}
	return func(yield func(numberedStanding, error) bool) {
		for st, err := range store.Standings(ctx, group, "") {
			if !yield(numberedStanding{Standing: st}, err) {
				return
			}
		}
	}
}

func (m *Memory) numbered(ctx context.Context, group GroupID) iter.Seq2[numberedStanding, error] {
	var era uint64
	return memoryStream(ctx, func() (iter.Seq[pairs.Pair[UserID, Standing]], error) {
		rows := m.standings.Of(group)
		era = rows.Era()
		return rows.All(), nil
	}, &m.mu, func(p pairs.Pair[UserID, Standing], yield func(numberedStanding, error) bool) bool {
		if p.Cell.Value != nil {
			return yield(numberedStanding{*p.Cell.Value, era, p.Number + 1}, nil)
		}
		return yield(numberedStanding{standingOf(group, p.Key, p.Cell), era, p.Number + 1}, nil)
	})
}
