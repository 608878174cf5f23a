package migrate

import "slices"

// requires keeps the list of plugins that an exported dashboard needs true:
// ours takes the place of the old one, or stands beside it while references to
// that one remain.
func (w *walker) requires(n *node, s *scope) {
	list := n.get("__requires")
	if list == nil || list.kind != array {
		return
	}
	have := slices.ContainsFunc(list.items, func(r *node) bool { return r.str("id") == TypeAmpkit })
	for _, r := range slices.Clone(list.items) {
		typ := r.str("id")
		if r.str("type") != "datasource" || !isMoving(typ) {
			continue
		}
		moved := s.moved[typ] || (typ == TypeAmazon && !s.remain[typ]) || w.inputsMoved(s, typ)
		switch {
		case !moved:
		case have && s.remain[typ]:
		case have:
			w.drop(list, r)
		case s.remain[typ] && r.src.outer == nil && r.line == 0:
			have = w.addBeside(list, r)
		case !s.remain[typ]:
			w.set(r, "id", TypeAmpkit, "list of plugins")
			if r.get("name") != nil {
				w.set(r, "name", pluginName, "")
			}
			if r.get("version") != nil {
				w.set(r, "version", pluginVersion, "")
			}
			have = true
		}
	}
}

// inputsMoved tells whether an input asked for the type and now asks for ours.
func (w *walker) inputsMoved(s *scope, typ string) bool {
	for name, input := range s.inputs {
		if input.str("pluginId") == typ && (typ == TypeAmazon || w.known.inputs[name]) {
			return true
		}
	}
	return false
}

// drop takes an item out of a list in JSON, with the comma before or after it.
func (w *walker) drop(list, item *node) {
	at := slices.Index(list.items, item)
	if item.line > 0 || len(list.items) < 2 {
		return
	}
	start, end := item.start, item.end
	if at > 0 {
		start = list.items[at-1].end
	} else {
		end = list.items[1].start
	}
	if start, end, ok := item.outside(start, end); ok {
		w.edits = append(w.edits, edit{start, end, ""})
		w.meant = append(w.meant, func() {
			list.items = slices.DeleteFunc(list.items, func(n *node) bool { return n == item })
		})
		w.summary.add(Finding{What: "list of plugins"})
	}
}

// addBeside writes a copy of an item after it, with our id, name and version.
func (w *walker) addBeside(list, item *node) bool {
	at := slices.Index(list.items, item)
	from := list.start + 1
	if at > 0 {
		from = list.items[at-1].end + 1
	}
	inner := changes{findings: &findings{}, keep: map[*node]bool{}}
	for _, m := range item.members {
		to := map[string]string{"id": TypeAmpkit, "name": pluginName, "version": pluginVersion}[m.key.text]
		if to != "" && m.value.kind == str {
			inner.edits = append(inner.edits, edit{m.value.start - from, m.value.end - from, double.quoted(to)})
		}
	}
	copied, err := inner.apply(item.src.bytes[from:item.end])
	if err != nil {
		return false
	}
	added, err := parseJSON(newText(append([]byte(nil), copied...)))
	if err != nil {
		return false
	}
	w.edits = append(w.edits, edit{item.end, item.end, "," + string(copied)})
	w.meant = append(w.meant, func() {
		list.items = slices.Insert(list.items, slices.Index(list.items, item)+1, added)
	})
	w.summary.add(Finding{What: "list of plugins"})
	return true
}
