package salefile

import (
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/seckill-go/seckill/seckill"
)

// yamlSale is a sale as it is written in YAML: the fields of the API's create
// call, or starts_in and lasts instead of the two times.
type yamlSale struct {
	Key         string        `yaml:"key"`
	Name        string        `yaml:"name"`
	StartsAt    time.Time     `yaml:"starts_at"`
	EndsAt      time.Time     `yaml:"ends_at"`
	StartsIn    time.Duration `yaml:"starts_in"`
	Lasts       time.Duration `yaml:"lasts"`
	HoldSeconds int64         `yaml:"hold_seconds"`
	Items       []yaml.Node   `yaml:"items"`
}

type yamlItem struct {
	SKU           string   `yaml:"sku"`
	Title         string   `yaml:"title"`
	ImageURL      string   `yaml:"image_url"`
	Images        []string `yaml:"images"`
	Price         int64    `yaml:"price"`
	ListPrice     int64    `yaml:"list_price"`
	Currency      string   `yaml:"currency"`
	Stock         int64    `yaml:"stock"`
	LimitPerBuyer *int64   `yaml:"limit_per_buyer"`
}

func readYAML(data []byte) ([]Sale, error) {
	var file struct {
		Sales []yaml.Node `yaml:"sales"`
	}
	if err := strict(data, &file); err != nil {
		return nil, err
	}
	sales := make([]Sale, 0, len(file.Sales))
	for i := range file.Sales {
		s, err := saleOf(&file.Sales[i])
		if err != nil {
			return nil, err
		}
		sales = append(sales, s)
	}
	return sales, nil
}

func saleOf(node *yaml.Node) (Sale, error) {
	where := fmt.Sprintf("line %d", node.Line)
	var y yamlSale
	if err := decode(node, &y); err != nil {
		return Sale{}, &RowError{where, err.Error()}
	}
	relative := y.StartsIn != 0 || y.Lasts != 0
	if relative && (!y.StartsAt.IsZero() || !y.EndsAt.IsZero()) {
		return Sale{}, &RowError{where, "starts_in and lasts stand instead of starts_at and ends_at, not beside them"}
	}
	if relative && (y.StartsIn < 0 || y.Lasts <= 0) {
		return Sale{}, &RowError{where, "starts_in must be 0s or more and lasts more than 0s"}
	}
	s := Sale{
		Sale:     seckill.Sale{Key: y.Key, Name: y.Name, StartsAt: y.StartsAt.UTC(), EndsAt: y.EndsAt.UTC(), Hold: holdOf(y.HoldSeconds)},
		StartsIn: y.StartsIn, Lasts: y.Lasts, where: where,
	}
	for _, node := range itemsOf(node) {
		item, err := itemOf(node)
		itemWhere := fmt.Sprintf("line %d", node.Line)
		if err != nil {
			return Sale{}, &RowError{itemWhere, err.Error()}
		}
		s.Items = append(s.Items, item)
		s.itemWhere = append(s.itemWhere, itemWhere)
	}
	return s, nil
}

// itemsOf finds the items in the node itself: what decode gives has lost its
// place in the file.
func itemsOf(sale *yaml.Node) []*yaml.Node {
	for i := 0; i+1 < len(sale.Content); i += 2 {
		if sale.Content[i].Value == "items" {
			return sale.Content[i+1].Content
		}
	}
	return nil
}

func itemOf(node *yaml.Node) (seckill.Item, error) {
	var y yamlItem
	if err := decode(node, &y); err != nil {
		return seckill.Item{}, err
	}
	item := seckill.Item{SKU: y.SKU, Title: y.Title, ImageURL: y.ImageURL, Images: y.Images, Price: y.Price, ListPrice: y.ListPrice,
		Currency: y.Currency, Total: y.Stock, LimitPerBuyer: seckill.DefaultItemLimit}
	if y.LimitPerBuyer != nil {
		item.LimitPerBuyer = *y.LimitPerBuyer
	}
	return item, nil
}

// holdOf keeps a hold that is out of bounds out of bounds, for Validate to say.
func holdOf(seconds int64) time.Duration {
	if seconds == 0 {
		return seckill.DefaultHold
	}
	if seconds < 0 || seconds > int64(seckill.MaxHold/time.Second) {
		return -1
	}
	return time.Duration(seconds) * time.Second
}
