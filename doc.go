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
// is unknown moves nobody, and an error of a source ends a run with nothing written.
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
// time alone can next change something, and [Evaluator.Changed] does what is due; the library
// itself starts no timer and no goroutine.
package groups
