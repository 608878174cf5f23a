package amp

import (
	"errors"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/logging"
)

// ForSDK is a configuration as clients of the SDK need it here: what goes wrong
// is returned and not also logged, and an answer that comes at once is read to
// its end.
func ForSDK(cfg aws.Config) aws.Config {
	cfg = cfg.Copy()
	cfg.Logger = logging.Nop{}
	if cfg.HTTPClient != nil {
		cfg.HTTPClient = calmClient{cfg.HTTPClient}
	}
	return cfg
}

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
	return c.HTTPClient.Do(r)
}

type calmBody struct{ io.ReadCloser }

func (b calmBody) Close() error {
	if err := b.ReadCloser.Close(); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}
