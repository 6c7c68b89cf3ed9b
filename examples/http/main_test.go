package main

func Example_main() {
	main()
	// Output:
	// root PUT /acme/groups/berlin
	//   201 {"group":"berlin","revision":1,"joined":2,"left":0,"switched":0}
	// tutor GET /acme/groups/berlin/members?limit=1
	//   200 {"items":[{"user":"ada","method":"automatic"}],"after":"ada","more":true}
	// tutor GET /acme/groups/berlin/members?limit=1&after=ada
	//   200 {"items":[{"user":"cleo","method":"automatic"}],"after":"cleo","more":false}
	// tutor DELETE /acme/groups/berlin
	//   403 {"type":"https://github.com/grouprules/groups/httpapi#forbidden","title":"Not allowed","status":403}
	// root PUT /acme/groups/berlin
	//   200 {"group":"berlin","revision":2,"joined":1,"left":2,"switched":0}
	// root PUT /acme/groups/berlin
	//   412 {"type":"https://github.com/grouprules/groups/httpapi#precondition","title":"Somebody was faster","status":412,"group":"berlin","revision":2,"savedBy":"root","savedAt":"2026-03-01T09:00:00Z"}
	// root POST /acme/groups/berlin/check
	//   422 {"type":"https://github.com/grouprules/groups/httpapi#invalid","title":"Not usable as it is","status":422,"problems":[{"pointer":"/criteria/sets","text":"has no sets"}]}
	// gina GET /globex/groups
	//   200 {"items":[],"after":"","more":false}
	// gina GET /acme/groups
	//   403 {"type":"https://github.com/grouprules/groups/httpapi#forbidden","title":"Not allowed","status":403}
	// root GET /acme/changes?limit=2
	//   200 {"items":[{"group":"berlin","user":"ada","kind":"joined","before":"outside","after":"automatic","cause":"rule","at":"2026-03-01T09:00:00Z","id":"35a2f656ad99158d424795f5e616d34c","cursor":"1"},{"group":"berlin","user":"cleo","kind":"joined","before":"outside","after":"automatic","cause":"rule","at":"2026-03-01T09:00:00Z","id":"9b88b5fde4376f1968a18aaca40d47f9","cursor":"2"}],"after":"2","more":true}
}
