package migrate

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/settings"
)

// DataSource is what has to be known of a data source to decide whether it moves.
type DataSource struct {
	// UID may be "" when a provisioning file takes it from the environment.
	UID  string
	Name string
	Type string
	// URL and JSONData may hold references to the environment, such as $REGION.
	URL      string
	Access   string
	JSONData json.RawMessage
	// Secrets are the keys that are set in secureJsonData, never their values.
	Secrets []string
	// Default is true for the one that Grafana takes where none is named.
	Default bool
	// Provisioned is true for what a Grafana can't change: its file must be.
	Provisioned bool
	// RecordedInto names a rule whose results are written into it; "" for none.
	RecordedInto string
}

// Verdict says what becomes of a data source.
type Verdict struct {
	// Moves is false where it stays as it is, for the Reason.
	Moves  bool
	Reason string
	// Checks and Lost are for those that move: what to look at, and what Grafana
	// does for the old type only.
	Checks, Lost []string
}

// Judge decides about a data source of one of the two types that may move.
func (d DataSource) Judge() Verdict {
	data, err := d.data()
	if err != nil {
		return Verdict{Reason: "its jsonData can't be read: " + err.Error()}
	}
	signed, given := data["sigV4Auth"]
	if d.Type == TypePrometheus && !isTrue(signed) {
		if isEnvironment(signed) {
			return Verdict{Reason: fmt.Sprintf("whether it is signed depends on the environment (jsonData.sigV4Auth is %s): write true and run again", signed)}
		}
		return Verdict{Reason: "a plain Prometheus: its requests are not signed (jsonData.sigV4Auth is not true)"}
	}
	if d.RecordedInto != "" {
		return Verdict{Reason: "recording rule " + d.RecordedInto + " writes into it, and Grafana lets rules write into type prometheus only: " +
			"give the rule a data source of its own as target, then run again"}
	}
	v := d.works(data)
	if !v.Moves {
		return v
	}
	if !given && d.Type == TypeAmazon {
		v.Checks = append(v.Checks, "sigV4Auth is not set: "+TypeAmazon+" may have sent its requests unsigned, ampkit signs them")
	}
	d.differences(data, &v)
	return v
}

// data is jsonData, its values as JSON.
func (d DataSource) data() (map[string]json.RawMessage, error) {
	data := map[string]json.RawMessage{}
	if len(d.JSONData) == 0 || string(d.JSONData) == "null" {
		return data, nil
	}
	err := json.Unmarshal(d.JSONData, &data)
	return data, err
}

// works reads the settings as the plugin will. What comes from the environment
// is not known and therefore not judged.
func (d DataSource) works(data map[string]json.RawMessage) Verdict {
	known, skipped := map[string]json.RawMessage{}, []string{}
	for key, value := range data {
		if isEnvironment(value) {
			skipped = append(skipped, key)
			continue
		}
		known[key] = value
	}
	raw, err := json.Marshal(known)
	if err != nil {
		return Verdict{Reason: err.Error()}
	}
	secrets := map[string]string{}
	for _, key := range d.Secrets {
		secrets[key] = "set"
	}
	v := Verdict{Moves: true}
	s, err := settings.Parse(d.URL, raw, secrets)
	if err != nil {
		return Verdict{Reason: "it would not work: " + oneLine(err)}
	}
	v.Checks = append(v.Checks, s.Warnings...)
	if strings.Contains(d.URL, "$") || len(skipped) > 0 {
		v.Checks = append(v.Checks, "parts of its settings come from the environment and were not checked")
		return v
	}
	endpoint, err := amp.FromSettings(s)
	switch {
	case err != nil:
		return Verdict{Reason: "it would not work: " + oneLine(err)}
	case s.Service != settings.DefaultService:
		v.Checks = append(v.Checks, fmt.Sprintf("signed for the service %q, not for AMP: queries work, what is special to AMP does not apply", s.Service))
	case endpoint.Custom && s.SigV4Auth:
		v.Checks = append(v.Checks, "its URL is not a host of AWS: it is signed for AMP all the same, as before")
	}
	v.Checks = append(v.Checks, endpoint.Warnings...)
	return v
}

// differences are what changes with the type although nothing else does.
func (d DataSource) differences(data map[string]json.RawMessage, v *Verdict) {
	if d.Access == "direct" {
		v.Checks = append(v.Checks, "access: direct: browsers can't sign, so its panels will show an error: set access: proxy")
	}
	if m := string(data["manageAlerts"]); m != "false" && m != `"false"` {
		v.Lost = append(v.Lost, "rules kept in AMP are no longer listed on Grafana's page of alert rules: Grafana lists them for types it knows by name; "+
			"the rules go on. Set manageAlerts: false to say that you know")
	}
}

func isTrue(raw json.RawMessage) bool {
	return strings.EqualFold(strings.Trim(string(raw), `" `), "true")
}

// isEnvironment tells $NAME, ${NAME} and $__file{…} from $$, a plain dollar.
func isEnvironment(raw json.RawMessage) bool {
	return strings.Contains(strings.ReplaceAll(string(raw), "$$", ""), "$")
}

// oneLine joins errors that were joined with line breaks.
func oneLine(err error) string {
	return strings.ReplaceAll(err.Error(), "\n", "; ")
}

// sourceOf reads a data source as provisioning files and Grafana's API write it.
func sourceOf(n *node) (DataSource, bool) {
	typ := n.str("type")
	if n.kind != object || n.str("name") == "" || (typ != TypeAmpkit && !isMoving(typ)) {
		return DataSource{}, false
	}
	if n.first("url", "access", "jsonData", "json_data") == nil {
		return DataSource{}, false
	}
	d := DataSource{
		UID: n.str("uid"), Name: n.str("name"), Type: typ, URL: n.str("url"), Access: n.str("access"),
		Provisioned: n.str("readOnly") == "true", Default: n.str("isDefault") == "true" || n.str("is_default") == "true",
	}
	if d.UID == "" && !strings.Contains(d.Name, "$") {
		d.UID = uidOf(d.Name)
	} else if strings.Contains(d.UID, "$") {
		d.UID = ""
	}
	if data := n.first("jsonData", "json_data"); data != nil {
		if raw, err := json.Marshal(data.value()); err == nil {
			d.JSONData = raw
		}
	}
	for _, name := range []string{"secureJsonData", "secure_json_data", "secureJsonFields"} {
		secrets := n.get(name)
		for _, key := range secrets.keys() {
			if value := secrets.str(key); value != "" && value != "false" {
				d.Secrets = append(d.Secrets, key)
			}
		}
	}
	return d, true
}

// keys are the names of an object's members, merged ones included.
func (n *node) keys() []string {
	if n == nil {
		return nil
	}
	var out []string
	for _, m := range n.members {
		out = append(out, m.key.text)
	}
	for _, other := range n.merges {
		if other.kind == object && len(other.merges) == 0 {
			out = append(out, other.keys()...)
		}
	}
	return out
}

// uidOf is the uid that Grafana gives to a provisioned data source without one.
func uidOf(name string) string {
	sum := sha256.Sum256([]byte(name))
	return fmt.Sprintf("P%X", sum[:8])
}

// Known are the data sources that references may mean.
type Known struct {
	verdicts map[string]Verdict // by uid
	byName   map[string]string  // name to uid
	inputs   map[string]bool    // ${NAME} that stand for one that moves
	recorded map[string]string  // uid to the rule that writes into it
	defaults []DataSource       // one, or none is known to be it
	types    map[string]bool    // of the data sources that are there
}

// NewKnown starts with what the user says: uids of data sources that move, or
// the names of a dashboard's variables and inputs, as ${NAME}.
func NewKnown(moving []string) (*Known, error) {
	k := &Known{verdicts: map[string]Verdict{}, byName: map[string]string{}, inputs: map[string]bool{}, recorded: map[string]string{}, types: map[string]bool{}}
	for _, uid := range moving {
		switch name, isVariable := variable(uid); {
		case uid == "":
			return nil, errors.New("an empty uid")
		case isVariable:
			k.inputs[name] = true
		default:
			k.verdicts[uid] = Verdict{Moves: true}
		}
	}
	return k, nil
}

// Add judges a data source and remembers it. One that is of ampkit's type
// already counts as moved: a dashboard may have been left behind.
func (k *Known) Add(d DataSource) Verdict {
	v := Verdict{Moves: true}
	if d.Type != TypeAmpkit {
		d.RecordedInto = k.recorded[d.UID]
		v = d.Judge()
	}
	k.types[d.Type] = true
	if d.Default && d.UID != "" && !slices.ContainsFunc(k.defaults, func(o DataSource) bool { return o.UID == d.UID }) {
		k.defaults = append(k.defaults, d)
	}
	for _, id := range []string{d.UID, d.Name} {
		if id == "" {
			continue
		}
		if old, twice := k.verdicts[id]; twice && id == d.UID && old.Moves != v.Moves {
			k.verdicts[id] = Verdict{Reason: "two data sources have this uid, and only one of them moves"}
			continue
		}
		if id == d.UID {
			k.verdicts[id] = v
		} else if _, taken := k.byName[id]; !taken {
			k.byName[id] = d.UID
		}
	}
	return v
}

// find looks for what a reference's uid means: Grafana takes a name there, too.
func (k *Known) find(uid string) (Verdict, bool) {
	if v, ok := k.verdicts[uid]; ok {
		return v, true
	}
	if other, ok := k.byName[uid]; ok {
		v, ok := k.verdicts[other]
		return v, ok
	}
	return Verdict{}, false
}

// byType is the uid that a reference means which has a type only: the default
// data source, if it is of that type. Otherwise Grafana 12.4 takes the first one
// of the type by name, earlier ones take the default all the same, and nothing is
// guessed. A default of ampkit's type stands for what it was before.
func (k *Known) byType(typ string) (uid string, ok bool) {
	if len(k.defaults) != 1 {
		return "", false
	}
	d := k.defaults[0]
	return d.UID, d.Type == typ || d.Type == TypeAmpkit && !k.types[typ]
}

// variable gives the name in ${name}, ${name:format}, $name and [[name]].
func variable(text string) (string, bool) {
	name, ok := "", false
	switch {
	case strings.HasPrefix(text, "${") && strings.HasSuffix(text, "}"):
		name, ok = text[2:len(text)-1], true
	case strings.HasPrefix(text, "[[") && strings.HasSuffix(text, "]]") && len(text) > 3:
		name, ok = text[2:len(text)-2], true
	case strings.HasPrefix(text, "$") && len(text) > 1:
		name, ok = text[1:], true
	}
	name, _, _ = strings.Cut(name, ":")
	return name, ok && name != ""
}
