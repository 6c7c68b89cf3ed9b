// Package groups decides who belongs to which group in learning systems.
//
// An application that has people (with fields, org units, managers and enrollments) says in
// [Criteria] who belongs to a [Group]. An [Evaluator] reads the people from a [Directory], works out
// who joins and who leaves, says why, and writes that to a [Store], all of it or nothing.
//
// # From rule to verdict
//
// Criteria are plain data: sets of conditions, All or Any within each and between them. A [Schema]
// says which fields, options and trees there are; [Schema.Check] reports everything that is wrong
// with criteria at once, each problem at its JSON pointer, and [Schema.Compile] makes an immutable
// [Rule] of them. [Rule.Match] answers for one user in a [View]: Yes, No, or Unknown where what the
// host could say does not decide. [Rule.Explain] says why, condition by condition.
//
// # From verdict to membership
//
// Two pure functions decide who is in: [Bit] keeps what the rule last said for certain, and
// [Facts.Decide] weighs that against what people decided ([Assignment], [Exclusion]) and against
// deactivation ([Policy]). A person's assignment beats the rule until a person takes it away. What
// is unknown moves nobody, and an error of a source ends a run with nothing written. A [Guard] holds
// back a run that would move suspiciously many, until a person has approved it.
//
// # From preview to publication
//
// [Evaluator.Preview] shows what an edit of a group would do, as a [Plan], and writes nothing;
// [Evaluator.Publish] saves the edit and writes exactly that, or refuses with the difference. What
// the guard holds is a Plan as well ([Evaluator.Held], [Evaluator.Approve]).
//
// # What the host does with it
//
// Every join, leave and switch stands in the change feed ([Change]), written with the membership; side
// effects follow it. Every act of a person stands in the audit ([Act]). Package admin, beside this
// one, has what administrators do: drafts, lists, uploads, owners.
//
// # People
//
// A host whose people live elsewhere implements [Directory], four methods to read them. A host that
// wants the library to keep them uses a store that has [People] as well, such as [Memory], and can
// feed it from CSV: [ReadPeopleCSV], [Evaluator.PlanImport], [Evaluator.Import].
//
// # Time
//
// Each run reads its clock once ([Options.Now]). Dates turn in the group's zone. A [Run] says when
// time alone can next change something, and [Evaluator.Changed] does what is due; a group with a
// [Schedule] waits for it. The library itself starts no timer, and no goroutine that outlives a call.
package groups
