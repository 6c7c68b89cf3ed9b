package main

import (
	"os"
	"testing"
)

// A worker that a test starts is the test's own program.
func TestMain(m *testing.M) {
	if os.Getenv(fileOf) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func Example_main() {
	main()
	// Output:
	// night 1, 2026-03-02 02:00:00
	//   in-Berlin: u1 joined
	//   in-Oslo: u2 joined
	//   in-Berlin: 1 members as of 2026-03-02 02:00:00
	//   in-Oslo: 1 members as of 2026-03-02 02:00:00
	// night 2, 2026-03-03 02:00:00
	//   in-Berlin: u1 left
	//   in-Oslo: u1 joined
	//   in-Berlin: 0 members as of 2026-03-03 02:00:00
	//   in-Oslo: 2 members as of 2026-03-03 02:00:00
}
