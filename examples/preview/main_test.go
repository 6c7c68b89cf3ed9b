package main

func Example_main() {
	main()
	// Output:
	// live: 2
	// joined Bob, 2
	// joined Cleo, 3
	// left Ada, 1
	// since you looked: user "4" in group "ward": planned no move, now outside → automatic
	// 1 left
	// 2 joined
	// 3 joined
	// 4 joined
}
