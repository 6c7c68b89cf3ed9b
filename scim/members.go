package scim

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// A Patch is the body of a PATCH that brings the members of a group at a provider up to date.
type Patch struct {
	Group      groups.GroupID // whose members changed, as the library names it
	Operations []Operation
}

// An Operation is one operation of a [Patch].
type Operation struct {
	Op    string   `json:"op"`
	Path  string   `json:"path"`
	Value []Member `json:"value,omitempty"`
}

// A Member is a member of a group, by the ID that the provider has for the user.
type Member struct {
	Value string `json:"value"`
}

// MarshalJSON writes the body: a PatchOp message.
func (p Patch) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Schemas    []string    `json:"schemas"`
		Operations []Operation `json:"Operations"`
	}{[]string{PatchOp}, p.Operations})
}

// Patches are the bodies that tell a provider of changes, in the order of the groups, each of up to most members, at
// most 1,000; zero is 1,000. Of several changes of one user in one group the last counts, and a switch asks for
// nothing. Who left is removed by a filter, which never touches the others; who joined is added. The name is the ID
// that the provider has for a user, blank where it has none: those are left out. Sent once more they change nothing. A
// provider for which the case of members does not count, as RFC 7643 has it, takes IDs that differ in nothing else for
// one.
func Patches(changes []groups.Change, most int, name func(groups.UserID) string) []Patch {
	if most <= 0 || most > maxOperations {
		most = maxOperations
	}
	in := map[groups.GroupID]map[groups.UserID]bool{}
	for _, c := range changes {
		if c.Kind == groups.Switched {
			continue
		}
		if in[c.Group] == nil {
			in[c.Group] = map[groups.UserID]bool{}
		}
		in[c.Group][c.User] = c.Kind == groups.Joined
	}
	var all []Patch
	for _, g := range sorted(in) {
		var joined, left []string
		for _, u := range sorted(in[g]) {
			id := name(u)
			switch {
			case id == "":
			case in[g][u]:
				joined = append(joined, id)
			default:
				left = append(left, id)
			}
		}
		for len(left)+len(joined) > 0 {
			p := Patch{Group: g}
			n := min(most, len(left))
			for _, id := range left[:n] {
				p.Operations = append(p.Operations, Operation{Op: "remove", Path: "members[value eq " + quoted(id) + "]"})
			}
			left = left[n:]
			if n = min(most-n, len(joined)); n > 0 {
				add := Operation{Op: "add", Path: "members"}
				for _, id := range joined[:n] {
					add.Value = append(add.Value, Member{id})
				}
				p.Operations, joined = append(p.Operations, add), joined[n:]
			}
			all = append(all, p)
		}
	}
	return all
}

func sorted[K ~string, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int { return strings.Compare(string(a), string(b)) })
	return keys
}
