package main

func Example_main() {
	main()
	// Output:
	// ada joined berlin by rule
	// bob is not a member of berlin (by rule)
	// rule: no
	//   set 1: no (all of 1)
	//     no      city is berlin; has: Oslo
	//   it would be yes if city were berlin
}
