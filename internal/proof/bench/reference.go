package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// reference is an answer of the service, which the bare handler gives too.
type reference struct {
	Status int
	Header http.Header
	Body   string
}

// referenceEnv makes this program a reference: the answer as JSON.
const referenceEnv = "BENCH_REFERENCE"

// BeReference turns the process into a reference if it was started as one, and
// does not return then.
func BeReference() {
	text := os.Getenv(referenceEnv)
	if text == "" {
		return
	}
	var answer reference
	err := json.Unmarshal([]byte(text), &answer)
	if err == nil {
		err = answer.serve()
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// serve is the bare Gin handler: it checks nothing, keeps nothing, and gives the
// answer that was made before.
func (a reference) serve() error {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	body := []byte(a.Body)
	contentType := a.Header.Get("Content-Type")
	engine.POST("/api/v1/sales/:sale/orders", func(c *gin.Context) {
		header := c.Writer.Header()
		for name, values := range a.Header {
			header[name] = values
		}
		c.Data(a.Status, contentType, body)
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "{\"msg\":\"listening\",\"public\":\"http://%s\"}\n", l.Addr())
	return http.Serve(l, engine)
}

// bareGin starts the reference as a process of its own.
func (l *Lab) bareGin(answer reference) (*process, error) {
	text, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(testkit.CleanEnvironment(), referenceEnv+"="+string(text))
	return launch(cmd)
}

// sample asks the service once, for the answer that the reference is to give.
func (l *Lab) sample(url, sale string) (reference, error) {
	l.runs++
	req, err := http.NewRequest("POST", url+"/api/v1/sales/"+sale+"/orders", strings.NewReader(buyBody))
	if err != nil {
		return reference{}, err
	}
	req.Header.Set("Authorization", "Bearer "+l.tokens[0])
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", fmt.Sprintf("sample-%d", l.runs))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return reference{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	// net/http writes these by itself.
	for _, name := range []string{"Date", "Content-Length"} {
		res.Header.Del(name)
	}
	return reference{Status: res.StatusCode, Header: res.Header, Body: string(body)}, err
}
