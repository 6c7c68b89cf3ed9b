package groups

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A UserID names one user. It is opaque, compared byte by byte, and never parsed.
type UserID string

// A GroupID names one group. It is opaque, compared byte by byte, and never parsed.
type GroupID string

// maxIDBytes is the longest identifier, in bytes.
const maxIDBytes = 255

// ErrID is wrapped by the error for an identifier of a user, group, unit or tree that is blank,
// longer than 255 bytes, not valid UTF-8, has white space at either end, or holds control,
// zero-width or direction-changing characters.
var ErrID = errors.New("not a usable identifier")

// Check reports whether id can be stored: nil, or an error that wraps [ErrID].
func (id UserID) Check() error { return checkID("user", string(id)) }

// Check reports whether id can be stored: nil, or an error that wraps [ErrID].
func (id GroupID) Check() error { return checkID("group", string(id)) }

func checkID(what, id string) error {
	if plainID(id) {
		return nil
	}
	reason := ""
	switch {
	case id == "":
		reason = "blank"
	case len(id) > maxIDBytes:
		reason = fmt.Sprintf("longer than %d bytes", maxIDBytes)
	case !utf8.ValidString(id):
		reason = "not valid UTF-8"
	case strings.TrimSpace(id) != id:
		reason = "white space at an end"
	case strings.ContainsFunc(id, invisible):
		reason = "control or invisible character"
	default:
		return nil
	}
	return fmt.Errorf("%s id %.64q: %w: %s", what, id, ErrID, reason)
}

// plainID reports whether a text is an ID beyond doubt: printable ASCII, as nearly all are. Every ID of a
// file and of a Commit is checked.
func plainID[T string | []byte](id T) bool {
	for i := range len(id) {
		if id[i] < ' ' || id[i] > '~' {
			return false
		}
	}
	return 0 < len(id) && len(id) <= maxIDBytes && id[0] != ' ' && id[len(id)-1] != ' '
}

// invisible tells the characters that make two identifiers look alike: controls, and the format
// characters (zero width, bidirectional overrides, byte order mark).
func invisible(r rune) bool { return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) }

// A Kind says how a group is filled.
type Kind uint8

const (
	// ManualGroup holds whom people put in, and nobody else (a static group). The zero Kind.
	ManualGroup Kind = iota
	// AutomaticGroup follows its criteria (a dynamic group); with assignments it is what
	// Cornerstone calls a combination group.
	AutomaticGroup
)

// String returns "manual" or "automatic".
func (k Kind) String() string { return name(k, "manual", "automatic") }

// MarshalText writes the kind as [Kind.String] does.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what [Kind.MarshalText] wrote.
func (k *Kind) UnmarshalText(text []byte) error { return unname(k, text, AutomaticGroup) }

// A Status says whether a group has effects.
type Status uint8

const (
	// Inactive: the population is kept up, the membership is empty. The zero Status, as in
	// Docebo, where a new group is inactive until somebody turns it on.
	Inactive Status = iota
	// Active: the membership is the population.
	Active
)

// String returns "inactive" or "active".
func (s Status) String() string { return name(s, "inactive", "active") }

// MarshalText writes the status as [Status.String] does.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what [Status.MarshalText] wrote.
func (s *Status) UnmarshalText(text []byte) error { return unname(s, text, Active) }

// A Policy says what deactivation does to members. Expiry is not deactivation and does nothing.
type Policy uint8

const (
	// Keep leaves deactivated users in. The zero Policy, as in Docebo with the box unticked.
	Keep Policy = iota
	// DropAutomatic takes deactivated users out unless they are assigned (Docebo's "Remove
	// deactivated users").
	DropAutomatic
	// DropAll takes deactivated users out, assigned or not; the assignment sleeps and is not
	// forgotten (Cornerstone's static users).
	DropAll
)

// String returns "keep", "dropAutomatic" or "dropAll".
func (p Policy) String() string { return name(p, "keep", "dropAutomatic", "dropAll") }

// MarshalText writes the policy as [Policy.String] does.
func (p Policy) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what [Policy.MarshalText] wrote.
func (p *Policy) UnmarshalText(text []byte) error { return unname(p, text, DropAll) }

// A Method says how a user is in a group.
type Method uint8

const (
	// Outside: the user is not in. The zero Method.
	Outside Method = iota
	// Manual: a person put the user in, whatever the rule says.
	Manual
	// Automatic: the rule holds for the user.
	Automatic
)

// String returns "outside", "manual" or "automatic".
func (m Method) String() string { return name(m, "outside", "manual", "automatic") }

// MarshalText writes the method as [Method.String] does.
func (m Method) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what [Method.MarshalText] wrote.
func (m *Method) UnmarshalText(text []byte) error { return unname(m, text, Automatic) }

// name spells an enumeration; a value outside it shows as a number rather than as a wrong word.
func name[T ~uint8](v T, names ...string) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("%T(%d)", v, uint8(v))
}

// unname reads what name spelled, up to the last value of the enumeration.
func unname[T interface {
	~uint8
	fmt.Stringer
}](v *T, text []byte, last T) error {
	for i := range last + 1 {
		if i.String() == string(text) {
			*v = i
			return nil
		}
	}
	return fmt.Errorf("%.64q %w as %T", text, ErrValue, *v)
}

// A Group is the definition of one group, as people edit it, and the [State] that runs keep. Its JSON
// is that of the definition.
type Group struct {
	ID          GroupID `json:"id"`
	Name        string  `json:"name"`
	Description string  `json:"description,omitempty"`
	Kind        Kind    `json:"kind"`
	Status      Status  `json:"status"`
	// Frozen keeps the automatic bits as they are; assignments, expiry and status still count.
	Frozen bool `json:"frozen,omitempty"`
	// Deactivated is the policy for deactivated users.
	Deactivated Policy `json:"deactivated"`
	// Criteria is the rule of an automatic group. A manual group keeps it but does not read it.
	Criteria Criteria `json:"criteria"`
	// Parent is the group above this one, or blank. It matters to conditions "or below".
	Parent GroupID `json:"parent,omitempty"`
	// Owner is who is responsible for the group; blank falls back to the host's administrators. Where
	// the Directory knows the users assigned to an owner ([Scoping]), the rule of the group holds for
	// those only.
	Owner string `json:"owner,omitempty"`
	// Zone is the IANA name of the zone in which this group's dates turn; blank is the
	// Evaluator's zone.
	Zone string `json:"zone,omitempty"`
	// Schedule is when an automatic group is processed; the zero Schedule is whenever something
	// changes.
	Schedule Schedule `json:"schedule,omitzero"`

	// Revision counts the saves of the definition. A save names the revision it started from;
	// zero creates the group.
	Revision uint64 `json:"revision"`
	// SavedBy and SavedAt say who made this revision, and when.
	SavedBy string    `json:"savedBy,omitempty"`
	SavedAt time.Time `json:"savedAt,omitzero"`

	// State is what runs have written. Saving a group leaves it alone.
	State State `json:"-"`
}

// State is what processing has left of a group.
type State struct {
	// Sequence counts the writes of memberships, assignments, exclusions and bits.
	Sequence uint64
	// Epoch tells the group from one of the same ID that was deleted before it was created; it is given
	// then and stays.
	Epoch string
	// Revision is the definition that was last processed for everybody; zero is none yet.
	Revision uint64
	// Live says that the written membership is the population: the group was active when it was
	// last processed.
	Live bool
	// Processed is the clock of the last run that processed the group: for everybody or, without a
	// [Schedule], for some who moved. Members is how many members were then written, and Automatic how many
	// of them by the rule; what does not wait for processing (a self-registration, a user who is forgotten)
	// counts at once. Clock is the latest clock of any run that wrote to the group: no later run uses an
	// earlier one.
	Processed time.Time
	Members   int
	Automatic int
	Clock     time.Time
	// Next is the earliest instant at which time alone can change the group; zero is never.
	Next time.Time
	// Reads is a fingerprint of what decided beside the definition and the people: the schema, the
	// options of the Evaluator, and the groups that the rule read, as they then were. Where it is
	// another now, the group is out of date.
	Reads uint64
	// Held is the ID of the plan that the [Guard] holds back, blank where it holds none, and Approved
	// that of the plan that was last approved.
	Held     string
	Approved string
	// Lately is what the Guard counts in 24 hours, by hour, ascending.
	Lately []Traffic
}

// Equal reports whether both are the same state; times are compared as instants.
func (s State) Equal(t State) bool {
	return s.Sequence == t.Sequence && s.Epoch == t.Epoch && s.Revision == t.Revision && s.Live == t.Live && s.Reads == t.Reads &&
		s.Processed.Equal(t.Processed) && s.Members == t.Members && s.Automatic == t.Automatic && s.Clock.Equal(t.Clock) && s.Next.Equal(t.Next) &&
		s.Held == t.Held && s.Approved == t.Approved && slices.EqualFunc(s.Lately, t.Lately, Traffic.equal)
}

// An Assignment is a person's decision that a user is in, whatever the rule says.
type Assignment struct {
	By     string    `json:"by"`               // who decided
	At     time.Time `json:"at"`               // when
	Why    string    `json:"why,omitempty"`    // the reason given, if any
	Until  time.Time `json:"until,omitzero"`   // the first instant at which it no longer holds; zero is for good
	Source string    `json:"source,omitempty"` // where it came from, such as "person", "csv" or "group:g7"
	// Approver is who agreed to it; blank is that nobody was asked.
	Approver string `json:"approver,omitempty"`
}

// Holds reports whether the assignment is in force at now.
func (a *Assignment) Holds(now time.Time) bool {
	return a != nil && (a.Until.IsZero() || now.Before(a.Until))
}

// covers reports whether the assignment holds until then, or longer. No clock is needed: where it is over
// by now, so is the one that it is compared with.
func (a *Assignment) covers(until time.Time) bool {
	return a != nil && (a.Until.IsZero() || !until.IsZero() && !a.Until.Before(until))
}

// An Exclusion is a person's decision that a user is out, whatever the rule says. It counts only
// where [Options] turn exclusions on.
type Exclusion struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Why    string    `json:"why,omitempty"`
	Source string    `json:"source,omitempty"`
	// Approver is who agreed to it; blank is that nobody was asked.
	Approver string `json:"approver,omitempty"`
}

// Bit is the first of the two functions that decide membership: what the automatic bit becomes.
// An absent user, a frozen group and an Unknown verdict leave it as it was stored, so that neither
// a failing feed nor a pause forgets anything.
func Bit(stored, absent, frozen bool, kind Kind, v Verdict) bool {
	switch {
	case absent, frozen, v == Unknown:
		return stored
	case kind == ManualGroup, v == No:
		return false
	default:
		return true
	}
}

// Facts is what the second function, [Facts.Decide], decides by.
type Facts struct {
	// Absent: the directory has no such user.
	Absent bool
	// Activation of the user, and the group's policy for the deactivated.
	Activation Activation
	Policy     Policy
	// Assigned: there is an assignment and its time is not up.
	Assigned bool
	// Excluded: there is an exclusion and the host turned exclusions on.
	Excluded bool
	// Automatic is the automatic bit, after [Bit].
	Automatic bool
	// Before is how the user is in so far; it counts only where the activation is unknown and
	// would matter.
	Before Method
}

// A Reason names the line of the decision table that decided:
//
//	rule          the automatic bit, set or clear
//	absence       the directory has no such user
//	deactivation  the user is deactivated and the policy drops them
//	assignment    a person put the user in
//	exclusion     a person keeps the user out
//	unknown       what is known does not decide, so the user stays as they are
type Reason string

const (
	byRule         Reason = "rule"
	byAbsence      Reason = "absence"
	byDeactivation Reason = "deactivation"
	byAssignment   Reason = "assignment"
	byExclusion    Reason = "exclusion"
	byUnknown      Reason = "unknown"
)

// Decide is the whole membership policy: how the user is in the population, and by which line of
// the table. The first case that fits decides. It is total: every combination has an answer.
func (f Facts) Decide() (Method, Reason) {
	if f.Activation == ActivationUnknown && !f.Absent {
		active, deactivated := f, f
		active.Activation, deactivated.Activation = Activated, Deactivated
		m, reason := active.Decide()
		if n, _ := deactivated.Decide(); m != n {
			return f.Before, byUnknown
		}
		return m, reason
	}
	switch {
	case f.Absent:
		return Outside, byAbsence
	case f.Activation == Deactivated && f.Policy == DropAll:
		return Outside, byDeactivation
	case f.Assigned:
		return Manual, byAssignment
	case f.Excluded:
		return Outside, byExclusion
	case f.Activation == Deactivated && f.Policy == DropAutomatic:
		return Outside, byDeactivation
	case f.Automatic:
		return Automatic, byRule
	default:
		return Outside, byRule
	}
}
