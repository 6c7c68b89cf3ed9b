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
//  5. A stream may be left early, and read again. It may be pulled ([iter.Pull]), so it does not lock its thread.
//  6. A cancelled context ends a call or a stream with its error.
//  7. Schema returns a schema or an error, never neither. What the Directory hands out is shared:
//     it is read, not written to.
//  8. What another tenant of the same database has is not shown.
//  9. What else it can do, found by [As], changes the speed and never an answer.
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
//  6. What another tenant of the same database has is not touched.
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

// A Store keeps groups, who is in them, and what is written down about them. One Store is one tenant.
// Everything is written by one method, [Store.Apply], so that what belongs together is written
// together.
//
// Contract, proved by package storetest:
//
//  1. Streams are ascending (groups by ID, standings and members by user, those of one user by
//     group, notes by group and then by key), yield each row once, and end with an error if they fail,
//     never early without one. Of a group or user that is not stored they yield nothing.
//  2. Group returns, and Groups yields, a group exactly as it was saved, with its State, whatever the
//     caller does to the values it handed over. Group returns an error that wraps [ErrNotFound] where
//     there is none. What Groups yields is read, not written to; all else that is read is the caller's.
//  3. A Write with Save and Revision 0 creates a group, with a zero State unless it brings one, at the
//     revision after that of Save, which is the last one of a deleted group of that ID. With another
//     Revision it replaces the definition, and leaves the State alone unless it brings one; the stored
//     revision is then one more. Save and Delete refuse, with a [*ConflictError] that says who
//     saved and when, a Revision that is not the stored one, 0 included, and with [ErrNotFound] to replace
//     or delete a group that does not exist.
//  4. Save is refused, with a [*CycleError], where groups would refer to each other in a ring after the
//     Commit; this is checked in the same transaction ([Commit.Compare]).
//  5. Delete erases a group with its standings and notes. It is refused with [ErrReferred] where, after
//     the Commit, the rule of another automatic group names the group, or another has it as its parent.
//  6. Apply writes the whole Commit, or nothing and returns an error that wraps [ErrConflict] where the
//     revision or state of one of its writes is not the stored one, or the group of a write is gone. What
//     [Commit.Check] refuses is refused.
//  7. Apply replaces the standings it is given; blank ones are erased. It raises the sequence of a
//     group by one if, and only if, it was given standings for it, and stores the rest of the
//     State it was given.
//  8. After Apply returns nil every read reflects it. The changes of one Apply stand in the feed
//     together, in order, once, each with the ID it was given.
//  9. Members yields the users whose Member method is not Outside, and nobody else.
//  10. A Commit with Forget erases, after its writes, the earlier changes of that user from the feed,
//     and in all acts about them, its own among them, puts Alias in the place of the user and blanks
//     Before, After and Why.
//     It is refused with an error that wraps [ErrConflict] where a standing of the user would be left. A
//     user it does not know is no error.
//  11. Changes after a cursor yields what was written after the change with that cursor, also when
//     that change was erased, and everything after the blank cursor. Acts does so likewise, of one group
//     (also after it was deleted) or, with a blank group, of all; an act has one cursor for both. Text that
//     is no cursor is an error that wraps [ErrValue].
//  12. A cancelled context ends a call or a stream with its error, and nothing is written.
//  13. All methods may be called from many goroutines at once, and from the loop over a stream; many
//     streams may be open at once.
//  14. An unusable identifier to be stored, of a group, its parent or a user, is refused with an
//     error that wraps [ErrID], and nothing is written.
//  15. A note is kept by its kind, group and key, and is yielded exactly as it was given, with its
//     revision one higher. Revision 0 creates it, another replaces it; without Data it is erased. A revision
//     that is not the stored one is refused with a [*ConflictError] that says who kept it and when, and a
//     note of a group that does not exist with [ErrNotFound].
//  16. The acts of a Commit are added behind those of earlier ones, in order, once, exactly as they were
//     given. They outlive their groups.
//  17. What another tenant of the same database has is neither shown nor touched, whatever IDs they share.
type Store interface {
	Group(ctx context.Context, id GroupID) (Group, error)
	Groups(ctx context.Context) iter.Seq2[Group, error]

	// Standings yields what is stored about the users of a group with IDs after the given one.
	Standings(ctx context.Context, id GroupID, after UserID) iter.Seq2[Standing, error]
	// StandingsOf yields what is stored about a user, group by group.
	StandingsOf(ctx context.Context, id UserID) iter.Seq2[Standing, error]
	// Members yields the membership of a group, from the first user ID after the given one.
	Members(ctx context.Context, id GroupID, after UserID) iter.Seq2[Member, error]

	// Changes yields the change feed after a cursor ([Change.Cursor]).
	Changes(ctx context.Context, after string) iter.Seq2[Change, error]
	// Acts yields the audit after a cursor ([Act.Cursor]): of one group, or with a blank ID of all.
	Acts(ctx context.Context, id GroupID, after string) iter.Seq2[Act, error]
	// Notes yields the notes of one kind: of one group, or with a blank ID of all.
	Notes(ctx context.Context, kind NoteKind, id GroupID) iter.Seq2[Note, error]

	Apply(ctx context.Context, c Commit) error
}

// A NoteKind says what a note is.
type NoteKind string

const (
	// NoteDraft: a definition that is not published, as the JSON of a [Group].
	NoteDraft NoteKind = "draft"
	// NoteVersion: a definition whose criteria were once saved, as the JSON of a [Group]; the key is
	// its revision in 20 digits.
	NoteVersion NoteKind = "version"
	// NoteHeld: what the guard holds back, as the JSON of a [Plan].
	NoteHeld NoteKind = "held"
)

// A Note is a document about a group that is kept beside it, and erased with it. The Store does not
// look into it.
type Note struct {
	Kind  NoteKind
	Group GroupID
	Key   string // names it among those of its kind and group
	// Revision counts how often it was kept. Whoever keeps it names the revision they started from;
	// zero creates it.
	Revision uint64
	By       string    // who kept it
	At       time.Time // and when
	Data     []byte
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

// Journaled is an optional capability of a Directory that is [Versioned]. With it an index follows what others wrote,
// without reading everybody. A Directory around another that adds to its users or its versions answers for that as well.
//
// Contract, proved by package storetest:
//
//  1. Since names every user who came, changed or went after a version, ascending, each once: who is not named is as
//     they were. It says whether units were written. It may name more.
//  2. It returns nil, and no error, where it does not go back that far, and for what was never a version. Behind a
//     [People] change of few users it goes back to the version before.
//  3. A cancelled context ends it with its error.
type Journaled interface {
	Since(ctx context.Context, version string) (*Written, error)
}

// Written is what was written to a Directory after a version.
type Written struct {
	Users []UserID
	Units bool
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

// collect reads a stream to its end.
func collect[T any](stream func(func(T, error) bool)) ([]T, error) {
	var all []T
	for row, err := range stream {
		if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, nil
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

// A ConflictError refuses a save of a group, or of a note of it, that started from an old revision. It
// wraps [ErrConflict].
type ConflictError struct {
	Group    GroupID
	Note     NoteKind  // blank: the definition of the group itself
	Revision uint64    // the stored revision; 0: the note is gone
	By       string    // who saved it
	At       time.Time // and when
}

// Error names the group, who saved it and when.
func (e *ConflictError) Error() string {
	what := fmt.Sprintf("group %q", e.Group)
	if e.Note != "" {
		what = fmt.Sprintf("%s of %s", e.Note, what)
	}
	if e.Revision == 0 {
		return fmt.Sprintf("%s: %v: it is not there any more", what, ErrConflict)
	}
	return fmt.Sprintf("%s: %v: revision %d was saved by %q at %s", what, ErrConflict, e.Revision, e.By, e.At.UTC().Format(time.RFC3339))
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
