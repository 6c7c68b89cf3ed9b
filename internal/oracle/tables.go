package oracle

import (
	"slices"

	"github.com/grouprules/groups"
)

// BitFacts is what the first table of section 4 decides by.
type BitFacts struct {
	Stored, Absent, Frozen bool
	Manual                 bool // the group's kind
	Verdict                groups.Verdict
}

// A bitLine is one line of the first table: it fits where one of its words does.
type bitLine struct {
	fits func(f BitFacts) bool
	then string
}

// bitTable is the first table, line by line as it stands on the page.
var bitTable = []bitLine{
	{func(f BitFacts) bool { return f.Absent || f.Frozen || f.Verdict == groups.Unknown }, "as stored"},
	{func(f BitFacts) bool { return f.Manual || f.Verdict == groups.No }, "clear"},
	{func(f BitFacts) bool { return f.Verdict == groups.Yes }, "set"},
}

// Bit is what the automatic bit becomes.
func (o Oracle) Bit(f BitFacts) bool {
	switch {
	case f.Absent && o.has(AbsenceClearsTheBit):
		return false
	case f.Frozen && o.has(FrozenFollowsTheRule):
		f.Frozen = false
	case f.Verdict == groups.Unknown && o.has(UnknownClearsTheBit):
		f.Verdict = groups.No
	}
	for _, line := range bitTable {
		if line.fits(f) {
			return map[string]bool{"as stored": f.Stored, "clear": false, "set": true}[line.then]
		}
	}
	panic("oracle: the table of the bit is not total")
}

// A memberLine is one line of the second table.
type memberLine struct {
	name string
	fits func(f groups.Facts) bool
	then groups.Method
}

// memberTable is the second table, line by line as it stands on the page.
var memberTable = []memberLine{
	{"absent", func(f groups.Facts) bool { return f.Absent }, groups.Outside},
	{"drop all", func(f groups.Facts) bool {
		return f.Activation == groups.Deactivated && f.Policy == groups.DropAll
	}, groups.Outside},
	{"assigned", func(f groups.Facts) bool { return f.Assigned }, groups.Manual},
	{"excluded", func(f groups.Facts) bool { return f.Excluded }, groups.Outside},
	{"drop automatic", func(f groups.Facts) bool {
		return f.Activation == groups.Deactivated && f.Policy == groups.DropAutomatic
	}, groups.Outside},
	{"bit set", func(f groups.Facts) bool { return f.Automatic }, groups.Automatic},
	{"otherwise", func(groups.Facts) bool { return true }, groups.Outside},
}

// Decide is how the user is in the population. "Where active and deactivated would differ and the status is Unknown,
// the user stays as they are."
func (o Oracle) Decide(f groups.Facts) groups.Method {
	if f.Activation == groups.ActivationUnknown {
		active, deactivated := f, f
		active.Activation, deactivated.Activation = groups.Activated, groups.Deactivated
		is, would := o.Decide(active), o.Decide(deactivated)
		if is != would && !o.has(UnknownStatusIsActive) {
			return f.Before
		}
		return is
	}
	for _, line := range o.memberLines() {
		if line.fits(f) {
			return line.then
		}
	}
	panic("oracle: the table of members is not total")
}

// memberLines is the second table, or what a defect makes of it.
func (o Oracle) memberLines() []memberLine {
	lines := slices.Clone(memberTable)
	at := func(name string) int {
		return slices.IndexFunc(lines, func(l memberLine) bool { return l.name == name })
	}
	if o.has(PolicyIsIgnored) {
		lines = slices.DeleteFunc(lines, func(l memberLine) bool { return l.name == "drop all" || l.name == "drop automatic" })
	}
	if o.has(ExclusionBeatsAssignment) {
		i, j := at("assigned"), at("excluded")
		lines[i], lines[j] = lines[j], lines[i]
	}
	if o.has(RuleBeatsAssignment) {
		lines[at("assigned")].fits = func(f groups.Facts) bool { return f.Assigned && f.Automatic }
	}
	if o.has(DropAutomaticDropsAll) {
		lines[at("drop all")].fits = func(f groups.Facts) bool {
			return f.Activation == groups.Deactivated && f.Policy != groups.Keep
		}
	}
	return lines
}

// Undecided reports whether the answer hangs on what is unknown: "only if Yes and No (or active and deactivated) would
// end differently". The verdict is that of the rule, before the bit.
func (o Oracle) Undecided(bit BitFacts, f groups.Facts) bool {
	verdicts := []groups.Verdict{bit.Verdict}
	if bit.Verdict == groups.Unknown {
		verdicts = []groups.Verdict{groups.Yes, groups.No}
	}
	activations := []groups.Activation{f.Activation}
	if f.Activation == groups.ActivationUnknown {
		activations = []groups.Activation{groups.Activated, groups.Deactivated}
	}
	ends := map[groups.Method]bool{}
	for _, v := range verdicts {
		for _, a := range activations {
			b, g := bit, f
			b.Verdict, g.Activation = v, a
			g.Automatic = o.Bit(b)
			ends[o.Decide(g)] = true
		}
	}
	return len(ends) > 1
}
