package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seckill-go/seckill/seckill/fair/proof"
)

func drawCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "draw", Short: "Check how the units of a sale were drawn"}
	cmd.AddCommand(drawVerifyCommand())
	return cmd
}

// verification is what `draw verify` is asked to look at, besides the proof.
type verification struct {
	saved            string
	buyer, sku, salt string
	asJSON           bool
}

func drawVerifyCommand() *cobra.Command {
	var v verification
	cmd := &cobra.Command{
		Use:   "verify PROOF",
		Short: "Recompute a draw from what is published: its commitment, randomness, ranks and turns",
		Long: `Recompute a draw from what is published. PROOF is a file, "-" for standard input, or
an address: of the sale's page, or of its draw.

It needs no token and no configuration, and trusts nothing that it can compute.`,
		Example: `  seckill draw verify https://shop.example/sales/1234
  seckill draw verify draw-1234.txt --saved as-committed.txt
  seckill draw verify draw-1234.txt --sku phone-1 --buyer alice --salt 0123...`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return v.run(cmd.Context(), args[0], cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&v.saved, "saved", "", "a proof of the same draw that was saved earlier: names each entry that differs")
	cmd.Flags().StringVar(&v.buyer, "buyer", "", "look for this buyer's entry, with --sku and --salt")
	cmd.Flags().StringVar(&v.sku, "sku", "", "what the entry is for")
	cmd.Flags().StringVar(&v.salt, "salt", "", "the entry's salt, which its buyer was told")
	cmd.Flags().BoolVar(&v.asJSON, "json", false, "print the checks as JSON")
	return cmd
}

func (v verification) run(ctx context.Context, of string, stdin io.Reader, out io.Writer) error {
	if one := v.buyer + v.sku + v.salt; one != "" && (v.buyer == "" || v.sku == "" || v.salt == "") {
		return errors.New("--buyer, --sku and --salt go together: an entry is found by all three")
	}
	if v.salt != "" && !isSalt(v.salt) {
		return errors.New("--salt: must be the 32 hexadecimal digits, in lower case, that the buyer was told")
	}
	p, err := readProof(ctx, of, stdin)
	if err != nil {
		return err
	}
	findings := p.Check(time.Now())
	if parts := saleAddress.FindStringSubmatch(of); parts != nil {
		findings = append(findings, p.Of(parts[2]))
	}
	if v.saved != "" {
		saved, err := readProof(ctx, v.saved, stdin)
		if err != nil {
			return err
		}
		findings = append(findings, p.Since(saved))
	}
	if v.buyer != "" {
		findings = append(findings, p.Own(v.sku, v.buyer, v.salt))
	}
	if err := v.print(out, p, findings); err != nil {
		return err
	}
	if proof.Wrong(findings) {
		return errNo{errors.New("the draw is not what it should be")}
	}
	return nil
}

func (v verification) print(out io.Writer, p *proof.Proof, findings []proof.Finding) error {
	if v.asJSON {
		return json.NewEncoder(out).Encode(struct {
			SaleID  string          `json:"sale_id"`
			Entries int             `json:"entries"`
			Correct bool            `json:"correct"`
			Checks  []proof.Finding `json:"checks"`
		}{p.SaleID, len(p.Entries), !proof.Wrong(findings), findings})
	}
	fmt.Fprintf(out, "draw of sale %s, entries: %d\n", p.SaleID, len(p.Entries))
	var t table
	for _, f := range findings {
		verdict := "ok"
		switch {
		case f.Wrong != "":
			verdict = "WRONG"
		case f.Mind:
			verdict = "mind"
		}
		t.row(verdict, f.Check, cmp.Or(f.Wrong, f.Note))
	}
	t.print(out)
	return nil
}

var isSalt = regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString

// saleAddress takes the address of a sale, of its draw or of its proof apart.
var saleAddress = regexp.MustCompile(`^(https?://[^/?#]+)(?:/api/v1)?/sales/([0-9]+)(?:[/?#].*)?$`)

const drawTimeout = 10 * time.Minute

func readProof(ctx context.Context, of string, stdin io.Reader) (*proof.Proof, error) {
	from, err := openProof(ctx, of, stdin)
	if err != nil {
		return nil, err
	}
	defer from.Close()
	p, err := proof.Read(from)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", of, err)
	}
	return p, nil
}

func openProof(ctx context.Context, of string, stdin io.Reader) (io.ReadCloser, error) {
	switch {
	case of == "-":
		return io.NopCloser(stdin), nil
	case !strings.HasPrefix(of, "http://") && !strings.HasPrefix(of, "https://"):
		file, err := os.Open(of)
		if errors.Is(err, fs.ErrNotExist) && saleAddress.MatchString("http://"+of) {
			err = fmt.Errorf("%w; an address begins with https:// or http://", err)
		}
		return file, err
	}
	parts := saleAddress.FindStringSubmatch(of)
	if parts == nil {
		return nil, fmt.Errorf("%s: is not the address of a sale, such as https://shop.example/sales/1234", of)
	}
	url := parts[1] + "/api/v1/sales/" + parts[2] + "/draw/proof"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := (&http.Client{Timeout: drawTimeout}).Do(req)
	if err != nil {
		return nil, noAnswer(parts[1], "Or save the proof, and name its file.", err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	var problem struct {
		Detail string `json:"detail"`
	}
	_ = json.NewDecoder(io.LimitReader(resp.Body, 1<<16)).Decode(&problem)
	return nil, fmt.Errorf("%s: %s", url, cmp.Or(problem.Detail, resp.Status))
}
