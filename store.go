package groups

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
)

// A Directory is the host's people, read only. One Directory is one tenant.
//
// Contract, proved by package storetest:
//
//  1. Users yields every user once, ascending by ID byte by byte; every ID passes [UserID.Check].
//  2. Units yields every unit once, ascending by tree and then by ID.
//  3. A stream that fails yields its error last and once; it never ends early without one.
//  4. User returns what Users yields for that ID, or an error that wraps [ErrNotFound].
//  5. A stream may be left early, and read again.
//  6. A cancelled context ends a call or a stream with its error.
//  7. Schema returns a schema or an error, never neither. What the Directory hands out is shared:
//     it is read, not written to.
type Directory interface {
	Schema(ctx context.Context) (*Schema, error)
	Users(ctx context.Context) iter.Seq2[User, error]
	User(ctx context.Context, id UserID) (User, error)
	Units(ctx context.Context) iter.Seq2[Unit, error]
}

// People is the writing side, for stores that also keep the people.
//
// Contract:
//
//  1. Write applies the whole change or, when it returns an error, nothing: first Schema and Upsert,
//     then Deactivate, then Remove, and Trees. After it returns nil every read reflects it.
//  2. An identifier to be stored that is unusable, or given twice in Upsert or in one tree, is
//     refused with an error that wraps [ErrID]; a schema that is not valid, with [ErrSchema].
//  3. Where Base is set and is not the directory's version, the change is refused with an error
//     that wraps [ErrConflict].
//  4. Nothing of any group is touched: assignments, exclusions and bits outlive their users.
//  5. A cancelled context ends Write with its error, and nothing is written.
type People interface {
	Write(ctx context.Context, c PeopleChange) error
}

// A PeopleChange is one change to the people, applied as a whole.
type PeopleChange struct {
	// Base is the version of the directory the change was worked out from; blank does not ask.
	Base string
	// Schema replaces the schema where it is not nil.
	Schema *Schema
	// Upsert adds users, or replaces those with the same ID.
	Upsert []User
	// Deactivate switches off users, who stay; those that do not exist are passed over.
	Deactivate []UserID
	// Remove takes users out of the directory; those that do not exist are passed over.
	Remove []UserID
	// Trees replaces whole trees; one without units is gone. The Tree of a unit may be left blank.
	Trees map[Tree][]Unit
}

// A Store keeps groups and who is in them. One Store is one tenant.
//
// Contract, proved by package storetest:
//
//  1. Streams are ascending (groups by ID, standings and members by user, those of one user by
//     group), yield each row once, and end with an error if they fail, never early without one. Of
//     a group or user that is not stored they yield nothing.
//  2. Group and SaveGroup return, and Groups yields, a group exactly as it was saved, with its State,
//     whatever the caller does to the values it handed over. Group returns an error that wraps
//     [ErrNotFound] where there is none. What streams yield is read, not written to.
//  3. SaveGroup with Revision 0 creates, with a zero State. With another it replaces the group, and
//     leaves its State alone. It refuses, with a [*ConflictError] that says who saved and when, a
//     revision that is not the stored one, 0 included, and with [ErrNotFound] to replace a group
//     that does not exist. The new revision is one more.
//  4. SaveGroup refuses, with a [*CycleError], a save after which groups would refer to each other
//     in a ring; this is checked in the same transaction ([CheckReferences]).
//  5. DeleteGroup refuses a revision that is not the stored one as SaveGroup does, and with
//     [ErrReferred] a group that the rule of another automatic group names, or that another has as its
//     parent. It writes a leave by that person for every member, in the order of users, and erases
//     the group's standings.
//  6. Apply writes all of its writes, or none and returns an error that wraps [ErrConflict] where the
//     revision or state of one of them is not the stored one, or its group is gone.
//  7. Apply replaces the standings it is given; blank ones are erased. It raises the sequence of a
//     group by one if, and only if, it was given standings for it, and stores the rest of the
//     State it was given.
//  8. After Apply returns nil every read reflects it. The changes of one Apply stand in the feed
//     together, in order, once.
//  9. Members yields the users whose Member method is not Outside, and nobody else.
//  10. Forget erases the user's standings in every group and their earlier changes from the feed,
//     and writes a leave by that person, caused by being forgotten, for each group they were a member
//     of, in the order of groups.
//     It raises the sequence of every group it touched. A user it does not know is no error.
//  11. Changes after a cursor yields what was written after the change with that cursor, also when
//     Forget has erased that change, and everything after the blank cursor. Text that is no cursor
//     is an error.
//  12. A cancelled context ends a call or a stream with its error, and nothing is written.
//  13. All methods may be called from many goroutines at once, and from the loop over a stream; many
//     streams may be open at once.
//  14. An unusable identifier to be stored, of a group, its parent or a user, is refused with an
//     error that wraps [ErrID], and nothing is written.
type Store interface {
	Group(ctx context.Context, id GroupID) (Group, error)
	Groups(ctx context.Context) iter.Seq2[Group, error]
	SaveGroup(ctx context.Context, g Group) (Group, error)
	DeleteGroup(ctx context.Context, id GroupID, revision uint64, by string, at time.Time) error

	// Standings yields what is stored about the users of a group with IDs after the given one.
	Standings(ctx context.Context, id GroupID, after UserID) iter.Seq2[Standing, error]
	// StandingsOf yields what is stored about a user, group by group.
	StandingsOf(ctx context.Context, id UserID) iter.Seq2[Standing, error]
	// Members yields the membership of a group, from the first user ID after the given one.
	Members(ctx context.Context, id GroupID, after UserID) iter.Seq2[Member, error]

	Apply(ctx context.Context, writes []Write) error
	Forget(ctx context.Context, id UserID, by string, at time.Time) error
	// Changes yields the change feed after a cursor ([Change.Cursor]).
	Changes(ctx context.Context, after string) iter.Seq2[Change, error]
}

// A Write is what a run or an act writes to one group. Those of one Apply name each group once.
type Write struct {
	Group GroupID
	// Revision and Was are the revision and the state that were read, and are compared with the
	// stored ones, states by [State.Equal].
	Revision uint64
	Was      State
	// Standings are the new standings in this group, ascending by user, each once.
	Standings []Standing
	// Changes are the effective joins, leaves and switches that the standings bring, in order.
	Changes []Change
	// State is the new state, but for its Sequence, which the Store counts. Nil leaves the state
	// alone: such a Write only compares, for a group that was read and not processed.
	State *State
}

// Versioned is an optional capability of a Directory: Version names the state of its people, units
// and schema.
//
// Contract, proved by package storetest:
//
//  1. Version is not blank, and changes whenever a user, a unit or the schema does.
//  2. It stays as it is while nothing is written.
type Versioned interface {
	Version(ctx context.Context) (string, error)
}

// Reporting is an optional capability of a Directory. With it a change of one user is worked out
// without reading everybody.
//
// Contract, proved by package storetest:
//
//  1. Reports yields the IDs of the users whose manager is the given ID, ascending, each once, whether
//     or not there is such a user.
//  2. Its streams fail, end and are left as those of a Directory.
type Reporting interface {
	Reports(ctx context.Context, manager UserID) iter.Seq2[UserID, error]
}

// As finds an optional capability of v, looking through wrappers that have a method Unwrap() any.
func As[T any](v any) (T, bool) {
	for v != nil {
		if t, ok := v.(T); ok {
			return t, true
		}
		w, ok := v.(interface{ Unwrap() any })
		if !ok {
			break
		}
		v = w.Unwrap()
	}
	var none T
	return none, false
}

var (
	// ErrNotFound is wrapped by the error for a user or group that does not exist.
	ErrNotFound = errors.New("not found")
	// ErrConflict is wrapped by the error for a write that started from a state that is no longer
	// the stored one. Read again and repeat.
	ErrConflict = errors.New("changed in the meantime")
	// ErrReferred is wrapped by the error for deleting a group that another group refers to.
	ErrReferred = errors.New("another group refers to it")
	// ErrCycle is wrapped by a [*CycleError].
	ErrCycle = errors.New("groups refer to each other in a ring")
)

// A ConflictError refuses a save that started from an old revision. It wraps [ErrConflict].
type ConflictError struct {
	Group    GroupID
	Revision uint64    // the stored revision
	By       string    // who saved it
	At       time.Time // and when
}

// Error names the group, who saved it and when.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("group %q: %v: revision %d was saved by %q at %s", e.Group, ErrConflict, e.Revision, e.By, e.At.UTC().Format(time.RFC3339))
}

// Unwrap returns [ErrConflict].
func (e *ConflictError) Unwrap() error { return ErrConflict }

// A CycleError refuses a save that would make groups refer to each other in a ring. It wraps
// [ErrCycle].
type CycleError struct {
	// Path is the ring, from the group that was to be saved back to itself: the rule of each group
	// names the next, or it is the next one's parent.
	Path []GroupID
}

// Error names the whole path.
func (e *CycleError) Error() string {
	parts := make([]string, len(e.Path))
	for i, id := range e.Path {
		parts[i] = string(id)
	}
	return fmt.Sprintf("%v: %s", ErrCycle, strings.Join(parts, " → "))
}

// Unwrap returns [ErrCycle].
func (e *CycleError) Unwrap() error { return ErrCycle }
