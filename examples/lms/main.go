// Lms is a small LMS that embeds the library: a catalogue that groups see, courses that members of a
// group are enrolled in, a notification for whoever joins one. It tells what happens there in a week, and
// is written to be copied:
//
//	directory.go     the people, as the LMS knows them: personnel's file, its own enrollments, who sees whom
//	catalogue.go     who sees which course
//	enrollment.go    who is enrolled in which
//	notification.go  who was written to
//	worker.go        carries the change feed over into the three above: the only way to them
//	lms.go           puts these and the library together
//	story.go         the week, and page.go what it shows of it
//
// The people are invented, the clock is set by hand, and nothing is kept when it ends.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
)

//go:embed people.csv
var peopleCSV string

func main() {
	if _, err := tell(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "lms:", err)
		os.Exit(1)
	}
}
