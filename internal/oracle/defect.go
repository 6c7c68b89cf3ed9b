package oracle

// A Defect is one way of misreading the page, of the kind that people make.
type Defect string

// Misreadings of section 3: when a condition holds.
const (
	UnknownIsNo              Defect = "what is unknown counts as No"
	UnknownIsSkipped         Defect = "a condition that cannot be read is left out"
	FirstUnknownDecides      Defect = "one Unknown makes the whole Unknown"
	LastConditionWins        Defect = "the last of several alternatives decides"
	EmptyNeverMatches        Defect = "a blank matches no operator, negative ones included"
	WhenEmptyIsIgnored       Defect = "whenEmpty is not looked at"
	NegationForgotten        Defect = "a negative operator on a field is read as the positive one"
	BoundsAreStrict          Defect = "bounds that include are read as excluding"
	FoldsByLowerCase         Defect = "texts compare by lower case alone"
	DatesTurnInUTC           Defect = "dates turn in UTC whatever the zone"
	MonthsOverflow           Defect = "a month after 31 January is 3 March"
	RingMemberIsBelowHimself Defect = "a member of a ring is below himself"
	DepthOffByOne            Defect = "a depth counts one level too many"
	MissingParentIsRoot      Defect = "a parent that does not exist ends the line"
	MissingOperandIsNo       Defect = "a unit that does not exist is one that nobody is in"
	NegatesEachCourse        Defect = "a negation turns each course instead of the whole"
	NegationSwapsAnyAndAll   Defect = "a negation swaps any and all and then complements"
	AtLeastIgnoresUnknown    Defect = "at least k counts unknown courses as No"
	PartialIsComplete        Defect = "a course missing from a partial list is not enrolled"
)

// Misreadings of section 4: who is in.
const (
	RuleBeatsAssignment         Defect = "a rule that says No takes an assigned user out"
	PolicyIsIgnored             Defect = "deactivated users stay whatever the policy"
	DropAutomaticDropsAll       Defect = "DropAutomatic takes assigned users out as well"
	ExclusionBeatsAssignment    Defect = "an exclusion comes before an assignment"
	UntilIsInclusive            Defect = "an assignment still holds at its until"
	AbsenceClearsTheBit         Defect = "whoever is absent loses the bit"
	PolicyClearsTheBit          Defect = "whoever a policy drops loses the bit"
	UnknownClearsTheBit         Defect = "an Unknown verdict clears the bit"
	FrozenFollowsTheRule        Defect = "a frozen group follows its rule"
	FreezingSheltersDeactivated Defect = "a frozen group keeps the deactivated"
	UnknownStatusIsActive       Defect = "a status that is unknown counts as active"
)

// Misreadings of sections 3 to 5: whole runs.
const (
	UndecidedIsOut          Defect = "an undecided user counts as out where a rule asks for the group"
	InactiveGroupHasNobody  Defect = "a rule that asks for an inactive group is told No"
	GroupsAreReadAsWritten  Defect = "a rule that asks for a group is told what was written before the run"
	GroupsInOrderOfSaving   Defect = "groups are processed in the order in which they were saved"
	InactiveKeepsMembers    Defect = "an inactive group keeps its membership"
	PreviewWrites           Defect = "a preview writes"
	ErrorsEndTheStream      Defect = "a stream that fails is taken to have ended"
	ChangedSkipsTheLine     Defect = "a changed manager moves nobody beneath"
	ChangedSkipsDependents  Defect = "a changed group moves nobody in the groups that ask for it"
	SwitchesAreNotFed       Defect = "switches and leaves by inactivation are missing from the feed"
	RunsNeverSettle         Defect = "a run repeats the changes of the one before"
	AbsenceForgetsAll       Defect = "whoever is absent loses assignments and exclusions too"
	UploadsResetDefinitions Defect = "an upload of people saves the groups anew"
)

// Misreadings that need a memory or a clock.
const (
	TreesAreReadOnce  Defect = "the trees are those of the first question"
	NextTurnsInUTC    Defect = "the next turn of a date is reckoned in UTC"
	NextIsNever       Defect = "nobody is told when to come back"
	UserAloneIsNobody Defect = "a user evaluated alone has no reporting line"
)
