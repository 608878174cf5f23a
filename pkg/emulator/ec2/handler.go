package ec2

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/query"
)

// Version is the value of the Version parameter that names EC2.
const Version = "2016-11-15"

// Namespace is that of the answers.
const Namespace = "http://ec2.amazonaws.com/doc/" + Version + "/"

// Guard proves who sent a request and decides what they may do. Errors are
// *awserr.Error.
type Guard interface {
	// Verify checks the signature for service ec2.
	Verify(r *http.Request) (iam.Principal, error)
	Authorize(ctx context.Context, p iam.Principal, action, resource string, c iam.Conditions) error
}

// Handler answers requests with Version 2016-11-15. It is safe for concurrent
// use.
type Handler struct {
	Book  *Book
	Guard Guard
	// Logger hears of faults of the service itself; nobody when nil.
	Logger *slog.Logger
}

// call is one request on its way.
type call struct {
	*Book
	who iam.Principal
	in  *query.Input
}

// step is what a request wants: to act on resources under conditions, and how.
type step struct {
	needs []need
	run   func() (result, error)
}

// need is a permission; an empty action is the operation's own.
type need struct {
	action, resource string
	conditions       iam.Conditions
}

func anything(run func() (result, error)) (step, error) {
	return step{[]need{{resource: "*"}}, run}, nil
}

var operations = map[string]func(*call) (step, error){
	"CreateVpcEndpoint":           createEndpoint,
	"DescribeVpcEndpoints":        describeEndpoints,
	"ModifyVpcEndpoint":           modifyEndpoint,
	"DeleteVpcEndpoints":          deleteEndpoints,
	"DescribeVpcEndpointServices": describeServices,
	"DescribeVpcs":                describeVPCs,
	"DescribeVpcAttribute":        describeVPCAttribute,
	"DescribeSubnets":             describeSubnets,
	"DescribeSecurityGroups":      describeSecurityGroups,
	"CreateTags":                  createTags,
	"DeleteTags":                  deleteTags,
}

// Offers reports whether there is an operation of that name.
func Offers(operation string) bool { _, ok := operations[operation]; return ok }

// ServeHTTP answers a form POST or a GET.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	requestID := awserr.Stamp(w.Header())
	operation, answer, err := h.serve(r)
	if err == nil {
		err = write(w, operation, requestID, answer)
	}
	if err != nil {
		e := awserr.From(err)
		if errors.Is(e, awserr.Internal) && h.Logger != nil {
			h.Logger.ErrorContext(r.Context(), "ec2 failed", "requestID", requestID, "err", err)
		}
		awserr.WriteEC2XML(w, e)
	}
}

func (h *Handler) serve(r *http.Request) (operation string, answer result, err error) {
	params, err := query.Params(r)
	if err != nil {
		return "", nil, err
	}
	operation = params.Get("Action")
	prepare, ok := operations[operation]
	if !ok || params.Get("Version") != Version {
		return "", nil, awserr.New(awserr.InvalidAction, "The action %q is not valid for this web service.", operation)
	}
	who, err := h.Guard.Verify(r)
	if err != nil {
		return "", nil, err
	}
	c := &call{h.Book, who, query.NewInput(params)}
	s, err := prepare(c)
	if err == nil {
		err = c.in.Err()
	}
	if err != nil {
		return "", nil, err
	}
	for _, n := range s.needs {
		action := n.action
		if action == "" {
			action = operation
		}
		if err := h.Guard.Authorize(r.Context(), who, "ec2:"+action, n.resource, n.conditions); err != nil {
			return "", nil, err
		}
	}
	if c.in.Bool("DryRun", false) {
		return "", nil, awserr.New(awserr.DryRunOperation, "Request would have succeeded, but DryRun flag is set.")
	}
	answer, err = s.run()
	return operation, answer, err
}

// set is a list as EC2 sends it, there even when it is empty.
type set[T any] struct {
	Items []T `xml:"item"`
}

// reply begins every answer; the members of a result stand beside it.
type reply struct {
	RequestID string `xml:"requestId"`
}

func (r *reply) identify(id string) { r.RequestID = id }

type result interface{ identify(requestID string) }

// write answers <operation>Response.
func write(w http.ResponseWriter, operation, requestID string, r result) error {
	r.identify(requestID)
	var b bytes.Buffer
	enc := xml.NewEncoder(&b)
	enc.Indent("", "  ")
	start := xml.StartElement{Name: xml.Name{Local: operation + "Response"}, Attr: []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: Namespace}}}
	if err := enc.EncodeElement(r, start); err != nil {
		return fmt.Errorf("encode the answer to %s: %w", operation, err)
	}
	b.WriteByte('\n')
	h := w.Header()
	h.Set("Content-Type", "text/xml;charset=UTF-8")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	_, _ = w.Write(b.Bytes()) // a client that has gone is not an error of ours
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
