package migrate

import "strings"

// scope is a dashboard, or whatever else has variables and inputs of its own.
type scope struct {
	outer     *scope
	variables map[string]*node // data source variables, by name
	inputs    map[string]*node // of __inputs
	moved     map[string]bool  // types of which references moved …
	remain    map[string]bool  // … or stayed
}

func (s *scope) lookup(name string) (typ string, isInput, ok bool) {
	for ; s != nil; s = s.outer {
		if v, ok := s.variables[name]; ok {
			return variableType(v), false, true
		}
		if v, ok := s.inputs[name]; ok {
			return v.str("pluginId"), true, true
		}
	}
	return "", false, false
}

// variableType is what a data source variable offers: classic or v2.
func variableType(v *node) string {
	if spec := v.get("spec"); spec != nil {
		return spec.str("pluginId")
	}
	return v.str("query")
}

// walker goes through a document, sees each object once, and decides.
type walker struct {
	*changes
	known *Known
	seen  map[*node]bool
}

func (w *walker) walk(n *node, s *scope) {
	if n == nil || w.seen[n] {
		return
	}
	w.seen[n] = true
	own := w.open(n, s)
	if own != nil {
		s = own
	}
	if d, ok := sourceOf(n); ok {
		w.source(n, d)
	}
	w.queryOfVersion2(n, s)
	for _, m := range n.members {
		if m.key.text == "datasource" {
			w.reference(m.value, s)
		}
		w.walk(m.value, s)
	}
	for _, list := range [][]*node{n.merges, n.items, n.inner} {
		for _, item := range list {
			w.walk(item, s)
		}
	}
	if own != nil {
		w.requires(n, own)
		if s.outer != nil {
			for typ := range own.moved {
				own.outer.moved[typ] = true
			}
		}
	}
}

// open begins a scope where an object has variables or inputs.
func (w *walker) open(n *node, outer *scope) *scope {
	classic, inputs, v2 := n.get("templating").list("list"), n.list("__inputs"), n.list("variables")
	if len(classic)+len(inputs)+len(v2) == 0 && len(n.list("__requires")) == 0 {
		return nil
	}
	s := &scope{outer: outer, variables: map[string]*node{}, inputs: map[string]*node{}, moved: map[string]bool{}, remain: map[string]bool{}}
	for _, v := range classic {
		if v.str("type") == "datasource" {
			s.variables[v.str("name")] = v
			w.variable(v, "query", v.str("name"))
		}
	}
	for _, v := range v2 {
		if v.str("kind") == "DatasourceVariable" {
			s.variables[v.get("spec").str("name")] = v
			w.variable(v.get("spec"), "pluginId", v.get("spec").str("name"))
		}
	}
	for _, v := range inputs {
		if v.str("type") == "datasource" {
			s.inputs[v.str("name")] = v
			w.input(v)
		}
	}
	return s
}

// variable changes what a data source variable offers.
func (w *walker) variable(holder *node, key, name string) {
	what := "variable " + name
	switch typ := holder.str(key); {
	case typ == TypeAmazon, typ == TypePrometheus && w.known.inputs[name]:
		w.set(holder, key, TypeAmpkit, what)
	case typ == TypePrometheus:
		w.stay(holder, key)
	}
}

// input changes what the page to import a dashboard asks for.
func (w *walker) input(n *node) {
	name := n.str("name")
	switch typ := n.str("pluginId"); {
	case typ == TypeAmazon, typ == TypePrometheus && w.known.inputs[name]:
		w.set(n, "pluginId", TypeAmpkit, "input "+name)
		if n.str("pluginName") != "" {
			w.set(n, "pluginName", pluginName, "")
		}
	case typ == TypePrometheus:
		w.stay(n, "pluginId")
		w.findings.add(Finding{Kind: KindLeft, Where: w.where(n), What: "input ${" + name + "}", Reason: "it asks for type prometheus, " +
			"and Grafana's import page puts no other type's data source in its place: give --datasource '${" + name + "}' to ask for ampkit"})
	}
}

func (w *walker) source(n *node, d DataSource) {
	what := "data source " + d.Name
	if d.Type == TypeAmpkit {
		return
	}
	v, ok := w.known.find(d.UID)
	if !ok || d.UID == "" {
		v = d.Judge()
	}
	if !v.Moves {
		w.stay(n, "type")
		w.findings.add(Finding{Kind: KindLeft, Where: w.where(n), What: what, Reason: v.Reason})
		return
	}
	if w.set(n, "type", TypeAmpkit, what); len(v.Checks)+len(v.Lost) == 0 {
		return
	}
	for _, text := range v.Checks {
		w.findings.add(Finding{Kind: KindCheck, Where: w.where(n), What: what, Reason: text})
	}
	for _, text := range v.Lost {
		w.findings.add(Finding{Kind: KindLost, Where: w.where(n), What: what, Reason: text})
	}
}

// reference decides about datasource: {type: …, uid: …}. One that is a string is
// a name or a uid, which both stay, so there is nothing to change.
func (w *walker) reference(n *node, s *scope) {
	switch {
	case n.kind == str && !strings.HasPrefix(n.text, "-- ") && s != nil:
		if _, isVariable := variable(n.text); !isVariable {
			s.remain[TypePrometheus] = true // or any other; it does not say
		}
	case n.kind == object && n.get("type") != nil && n.get("name") == nil:
		w.decide(n, "type", n.str("type"), n.str("uid"), s)
	}
}

// queryOfVersion2 finds what schema v2 has for datasource: the type in group (or,
// in its first form, in query.kind) and the uid in datasource.name.
func (w *walker) queryOfVersion2(n *node, s *scope) {
	if group := n.str("group"); isMoving(group) && n.str("kind") != "" {
		w.decide(n, "group", group, n.get("datasource").str("name"), s)
	}
	if query := n.get("query"); query != nil && query.get("spec") != nil && query.get("group") == nil && isMoving(query.str("kind")) {
		w.decide(query, "kind", query.str("kind"), n.get("datasource").str("uid"), s)
	}
}

// decide is about one reference: where its type is written, and whom it means.
func (w *walker) decide(holder *node, key, typ, uid string, s *scope) {
	if !isMoving(typ) {
		return
	}
	moves, what, reason := w.moves(typ, uid, s)
	if s != nil {
		if moves {
			s.moved[typ] = true
		} else {
			s.remain[typ] = true
		}
	}
	if moves {
		w.set(holder, key, TypeAmpkit, what)
		return
	}
	w.stay(holder, key)
	if reason != "" {
		w.findings.add(Finding{Kind: KindLeft, Where: w.where(holder), What: what, Reason: reason})
	}
}

// moves says whether what a reference means is of our type once all is done.
func (w *walker) moves(typ, uid string, s *scope) (moves bool, what, reason string) {
	if uid == "" {
		return w.movesByType(typ)
	}
	what = "references to " + uid
	if name, ok := variable(uid); ok {
		if w.known.inputs[name] || typ == TypeAmazon {
			return true, what, ""
		}
		switch of, isInput, found := s.lookup(name); {
		case of == TypeAmazon || of == TypeAmpkit:
			return true, what, ""
		case isInput:
			return false, what, "" // told for the input itself
		case found:
			return false, what, "a variable that offers ampkit's data sources as well: they work as they are"
		}
		return false, what, "no variable or input of this name is known: give --datasource '" + uid + "' if it stands for a data source that moves"
	}
	switch v, known := w.known.find(uid); {
	case known && v.Moves:
		return true, what, ""
	case known:
		return false, what, "their data source stays: " + v.Reason
	case typ == TypeAmazon:
		return true, what, ""
	}
	return false, what, "what it is is not known: give its provisioning file as well, or --datasource " + uid + " if it moves"
}

// movesByType is about a reference that names no data source.
func (w *walker) movesByType(typ string) (moves bool, what, reason string) {
	what = "references to any " + typ
	uid, ok := w.known.byType(typ)
	switch v, known := w.known.find(uid); {
	case typ == TypeAmazon:
		return true, what, ""
	case ok && known && v.Moves:
		return true, "references to the default data source", ""
	case ok && known:
		return false, what, "their data source stays: it is the default one: " + v.Reason
	}
	return false, what, "they name no data source: Grafana takes the default one if it is of this type, " +
		"else the first by name: choose one in the dashboard"
}
