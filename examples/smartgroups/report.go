package main

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/grouprules/groups"
)

// A report is what -json prints. No list in it is nil.
type report struct {
	Groups   []groupReport    `json:"groups"`
	Findings []groups.Finding `json:"findings"`
	Import   figures          `json:"import"`
	Next     *nextReport      `json:"next"`
}

type groupReport struct {
	ID         groups.GroupID  `json:"id"`
	Status     string          `json:"status"`
	Population []groups.Member `json:"population"`
	Members    []groups.Member `json:"members"`
	Undecided  []groups.UserID `json:"undecided"`
}

type figures struct {
	New       int `json:"new"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	Missing   int `json:"missing"`
	Rejected  int `json:"rejected"`
}

type nextReport struct {
	Import figures       `json:"import"`
	Groups []groupChange `json:"groups"` // what was written
	Held   []heldChange  `json:"held"`   // what was not, until a person approves it
}

type groupChange struct {
	ID       groups.GroupID  `json:"id"`
	Joined   []groups.UserID `json:"joined"`
	Left     []groups.UserID `json:"left"`
	Switched []groups.UserID `json:"switched"`
}

// A heldChange is what the removal guard holds back in one group, and why.
type heldChange struct {
	groupChange
	Limits []string             `json:"limits"`
	Causes []groups.CommonCause `json:"causes"`
}

func figuresOf(p *groups.ImportPlan) figures {
	return figures{len(p.New), len(p.Changed), p.Unchanged, len(p.Missing), p.Rejected}
}

// changesOf lists the groups that a run changes, in the order of the tenant file.
func changesOf(run *groups.Run, list []tenantGroup) []groupChange {
	all := []groupChange{}
	for _, g := range list {
		if d, _ := run.Diff(g.ID); !d.Empty() {
			all = append(all, changeOf(g.ID, &d))
		}
	}
	return all
}

// heldOf lists the groups that the guard holds, likewise.
func heldOf(run *groups.Run, list []tenantGroup) []heldChange {
	all := []heldChange{}
	for _, g := range list {
		for _, p := range run.Held {
			if p.Group.ID == g.ID {
				all = append(all, heldChange{changeOf(g.ID, &p.Diff), append([]string{}, p.Hold.Limits...),
					append([]groups.CommonCause{}, p.Hold.Causes...)})
			}
		}
	}
	return all
}

func changeOf(id groups.GroupID, d *groups.Diff) groupChange {
	users := func(changes []groups.Change) []groups.UserID {
		ids := []groups.UserID{}
		for _, c := range changes {
			ids = append(ids, c.User)
		}
		return ids
	}
	return groupChange{id, users(d.Joined), users(d.Left), users(d.Switched)}
}

func (r *result) writeJSON(w io.Writer) {
	if r.Next == nil {
		r.Next = &nextReport{Groups: []groupChange{}, Held: []heldChange{}} // nothing came next
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.Encode(r.report) // into memory, of types that JSON has
}

// writeText prints the same for people.
func (r *result) writeText(w io.Writer) {
	fmt.Fprintf(w, "%s: %s\n\n", plain(r.people), r.Import)
	r.table(w)
	if r.Next != nil {
		r.nextText(w)
	}
	for _, x := range r.why {
		fmt.Fprintln(w)
		for line := range strings.Lines(x.String()) {
			fmt.Fprintln(w, plain(strings.TrimSuffix(line, "\n")))
		}
	}
	r.list(w)
}

// nextText prints what the next file does, or why it does nothing.
func (r *result) nextText(w io.Writer) {
	planned := changesOf(r.plan.Run, r.tenant.groups)
	fmt.Fprintf(w, "\n%s: %s\n", plain(r.next), r.Next.Import)
	if len(r.plan.Objections) > 0 {
		fmt.Fprintln(w, "REFUSED by the feed guard; nothing of the file was applied:")
		for _, o := range r.plan.Objections {
			fmt.Fprintln(w, " ", plain(o.Text))
		}
		fmt.Fprintln(w, `Put the file right; or, if all of this is meant, say "guard": "off" in the tenant file.`)
		r.changes(w, "Applying it would change", planned)
		r.held(w, "The removal guard would hold, as well:")
		return
	}
	r.changes(w, "Applying it will change", planned)
	if reflect.DeepEqual(planned, r.Next.Groups) {
		fmt.Fprintln(w, "Applied; that is what changed.")
	} else {
		r.changes(w, "Applied. It changed", r.Next.Groups)
	}
	r.held(w, "The removal guard holds these groups as they were, until a person approves it:")
}

// held prints what the guard holds: whom, the limits reached, and what those who leave have in common,
// most people first.
func (r *result) held(w io.Writer, what string) {
	if len(r.Next.Held) == 0 {
		return
	}
	fmt.Fprintln(w, what)
	for _, h := range r.Next.Held {
		fmt.Fprintf(w, "  held: %s: %s\n", r.title(h.ID), h.groupChange)
		for _, limit := range h.Limits {
			fmt.Fprintln(w, "    limit:", plain(limit))
		}
		for _, c := range h.Causes {
			fmt.Fprintf(w, "    cause: %d because %s\n", c.Count, plain(c.Text))
		}
	}
}

func (f figures) String() string {
	return fmt.Sprintf("%d new, %d changed, %d unchanged, %d missing, %d rejected", f.New, f.Changed, f.Unchanged, f.Missing, f.Rejected)
}

// table prints two lines a group: how many are in, and the rule.
func (r *result) table(w io.Writer) {
	width := 0
	for _, g := range r.tenant.groups {
		width = min(40, max(width, utf8.RuneCountInString(g.title())))
	}
	fmt.Fprintf(w, "%-*s %8s %8s %10s %10s\n", width, "Group", "Members", "Manual", "Automatic", "Undecided")
	for i, g := range r.tenant.groups {
		now := r.Groups[i]
		split := map[groups.Method]int{}
		for _, m := range now.Members {
			split[m.Method]++
		}
		line := fmt.Sprintf("%-*s %8d %8d %10d %10d  %s", width, g.title(), len(now.Members),
			split[groups.Manual], split[groups.Automatic], len(now.Undecided), remarks(g, now))
		fmt.Fprintf(w, "%s\n    %s\n", strings.TrimRight(line, " "), plain(r.rule(g)))
	}
}

// title is what a group is called, and its ID.
func (g *tenantGroup) title() string {
	if g.Name == string(g.ID) {
		return plain(g.Name)
	}
	return plain(fmt.Sprintf("%s (%s)", g.Name, g.ID))
}

// rule is the rule of a group in words.
func (r *result) rule(g tenantGroup) string {
	if g.Kind == groups.ManualGroup {
		return "whom people put in"
	}
	return r.schema.Describe(g.Criteria)
}

// remarks are what is special about a group.
func remarks(g tenantGroup, now groupReport) string {
	var all []string
	if g.Status == groups.Inactive {
		all = append(all, fmt.Sprintf("inactive: %d would be in", len(now.Population)))
	}
	if g.Frozen {
		all = append(all, "frozen")
	}
	switch g.Deactivated {
	case groups.DropAutomatic:
		all = append(all, "the deactivated leave, if not put in by hand")
	case groups.DropAll:
		all = append(all, "the deactivated leave")
	}
	if n := len(g.excluded); n > 0 {
		all = append(all, fmt.Sprintf("%d kept out", n))
	}
	return strings.Join(all, ", ")
}

func (r *result) changes(w io.Writer, what string, list []groupChange) {
	if len(list) == 0 {
		fmt.Fprintln(w, what, "no group.")
		return
	}
	fmt.Fprintln(w, what+":")
	for _, c := range list {
		fmt.Fprintf(w, "  %s: %s\n", r.title(c.ID), c)
	}
}

// title is what a group of the tenant file is called.
func (r *result) title(id groups.GroupID) string {
	i := slices.IndexFunc(r.tenant.groups, func(g tenantGroup) bool { return g.ID == id })
	return r.tenant.groups[i].title()
}

// String says how many join, leave and switch.
func (c groupChange) String() string {
	var parts []string
	for _, p := range []struct {
		users []groups.UserID
		what  string
	}{{c.Joined, "join"}, {c.Left, "leave"}, {c.Switched, "by another method"}} {
		if n := len(p.users); n > 0 {
			parts = append(parts, fmt.Sprint(n, " ", p.what))
		}
	}
	return strings.Join(parts, ", ")
}

// list prints the findings; those that differ in nothing but the line are one.
func (r *result) list(w io.Writer) {
	if len(r.Findings) == 0 {
		return
	}
	fmt.Fprintf(w, "\nFindings: %d\n", len(r.Findings))
	at := map[groups.Finding][]string{}
	var order []groups.Finding
	for _, f := range r.Findings {
		line, file, isLine := strings.Cut(f.Where, ", ")
		if line, is := strings.CutPrefix(line, "line "); is && isLine {
			f.Where = file
			at[f] = append(at[f], line)
		}
		if len(at[f]) < 2 {
			order = append(order, f)
		}
	}
	for _, f := range order {
		if lines := at[f]; len(lines) > 0 {
			f.Where += " line " + strings.Join(lines, ", ")
		}
		fmt.Fprintln(w, " ", plain(f.String()))
	}
}

// plain is text as it may be shown: with what is not printable escaped, so that no file can play
// tricks with the terminal.
func plain(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if strconv.IsPrint(r) {
			b.WriteRune(r)
		} else {
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		}
	}
	return b.String()
}
