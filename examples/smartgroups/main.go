// Smartgroups is the library's main job, end to end: people come in from a CSV file, rules put them
// in groups, a second CSV file shows which groups it will change before it changes them, and every
// membership explains itself.
//
// Without flags it runs on a cut of real data of the Open University that is built in. With flags it
// runs on your own files:
//
//	smartgroups -people people.csv -tenant tenant.json [-next changed.csv] [-json]
//
// The tenant file says how to read the people and which groups there are; bundle/tenant.json is one.
// What is wrong with single rows and cells is listed and stops nothing. A file that cannot be read, or
// a rule that makes no sense, ends it with one line a problem on standard error.
//
// It is written to be copied: tenant.go reads the tenant file (strict.go: JSON), files.go the CSV
// files, run.go is what an LMS does with the library, and report.go prints.
package main

import (
	"bytes"
	"context"
	"embed"
	"flag"
	"fmt"
	"io"
	"os"
	_ "time/tzdata" // zones, also where the system has none
)

//go:embed bundle/tenant.json bundle/*.csv
var bundle embed.FS

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the program; what it returns is its exit code.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("smartgroups", flag.ContinueOnError)
	flags.SetOutput(stderr)
	people := flags.String("people", "", "the `file` of the people, CSV")
	tenant := flags.String("tenant", "", "the `file` of the groups and of how to read the people, JSON")
	next := flags.String("next", "", "a later `file` of the people, CSV")
	asJSON := flags.Bool("json", false, "print JSON")
	if err := flags.Parse(args); err == flag.ErrHelp {
		return 0
	} else if err != nil {
		return 2
	}
	in := input{tenant: *tenant, people: *people, next: *next, open: openFile}
	switch own := *people != "" && *tenant != ""; {
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "smartgroups: what is %q? Files are given by flags\n", flags.Arg(0))
		return 2
	case !own && *people+*tenant+*next != "":
		fmt.Fprintln(stderr, "smartgroups: -people and -tenant go together, and -next goes with both")
		return 2
	case !own:
		in = input{tenant: "bundle/tenant.json", people: "bundle/people.csv", next: "bundle/people-changed.csv", open: openBundle}
	}

	out, bad := work(context.Background(), in)
	if len(bad) > 0 {
		for _, line := range bad {
			fmt.Fprintln(stderr, plain(line))
		}
		return 1
	}
	var page bytes.Buffer
	if *asJSON {
		out.writeJSON(&page)
	} else {
		if *people == "" {
			page.WriteString(attribution)
		}
		out.writeText(&page)
	}
	if _, err := page.WriteTo(stdout); err != nil {
		fmt.Fprintln(stderr, plain(err.Error()))
		return 1
	}
	return 0
}

const attribution = `Students of the Open University: every 120th of 28,785, some columns only. In the changed file values
were altered for this example. From Kuzilek, Hlosta, Zdrahal, "Open University Learning Analytics
dataset", Scientific Data 4:170171 (2017), CC BY 4.0, https://creativecommons.org/licenses/by/4.0/

`
