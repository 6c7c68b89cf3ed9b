package groups

// A shelf has room for many values beside each other, for who keeps pointers to all of them.
type shelf[T any] struct{ room []T }

// newShelf has room for so many, and finds more.
func newShelf[T any](expected int) shelf[T] { return shelf[T]{make([]T, 0, expected)} }

// mostAtOnce is for how many there is room more at once where there are more than expected.
const mostAtOnce = 16

// put keeps a value.
func (s *shelf[T]) put(v T) *T {
	if len(s.room) == cap(s.room) {
		s.room = make([]T, 0, min(max(2*len(s.room), 1), mostAtOnce)) // those who are pointed to stay where they are
	}
	s.room = append(s.room, v)
	return &s.room[len(s.room)-1]
}
