package amp

import (
	"errors"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/logging"
)

// ForSDK is a configuration as clients of the SDK need it here: what goes wrong
// is returned and not also logged, an answer that comes at once is read to its
// end, and one without an end is not.
func ForSDK(cfg aws.Config) aws.Config {
	cfg = cfg.Copy()
	cfg.Logger = logging.Nop{}
	if cfg.HTTPClient != nil {
		cfg.HTTPClient = calmClient{cfg.HTTPClient}
	}
	return cfg
}

// maxSDKAnswer is far more than an answer of AWS's control planes has; the
// address may be one that a user typed.
const maxSDKAnswer = 16 << 20

// calmClient keeps connections that the SDK would break. It closes a request's
// body as soon as there is an answer, and its body says io.EOF when net/http
// closes it a second time; net/http takes that for a failed request and closes
// the connection, although the answer is still being read. It takes a service
// that answers faster than a goroutine ends: an emulator on the same machine.
type calmClient struct{ aws.HTTPClient }

func (c calmClient) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r = r.Clone(r.Context())
		r.Body = calmBody{r.Body}
	}
	resp, err := c.HTTPClient.Do(r)
	if err == nil && resp.Body != nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxSDKAnswer)
	}
	return resp, err
}

type calmBody struct{ io.ReadCloser }

func (b calmBody) Close() error {
	if err := b.ReadCloser.Close(); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}
