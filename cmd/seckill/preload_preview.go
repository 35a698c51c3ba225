package main

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/seckill-go/seckill/internal/salefile"
	"github.com/seckill-go/seckill/seckill"
)

// tell shows what the file says, with its money as people read it: it is written in
// minor units, where two zeros too few are hard to see.
func (p *preloader) tell(sales []salefile.Sale) {
	for _, s := range sales {
		at := s.StartsAt.Format(time.RFC3339) + " to " + s.EndsAt.Format(time.RFC3339)
		if s.Relative() {
			at = fmt.Sprintf("from %v after it is created, for %v", *s.StartsIn, s.Lasts)
		}
		fmt.Fprintf(p.out, "%s (%s), %s, %v to pay%s\n", s.Name, s.Key, at, s.Hold, entryText(s))
		for _, it := range s.Items {
			fmt.Fprintf(p.out, "  %s: %s%s, %s, at most %d a buyer%s: %s\n", it.SKU, priceText(it), listPriceText(it), counted(int(it.Total), "unit"), it.LimitPerBuyer, goodsText(it), it.Title)
		}
	}
}

// warnOfPictures names the hosts whose pictures the pages do not show, since they load
// none but their own. An app may show them.
func (p *preloader) warnOfPictures(sales []salefile.Sale) {
	own := ""
	if p.client != nil {
		if u, err := url.Parse(p.client.base); err == nil {
			own = u.Host
		}
	}
	pictures, hosts := 0, map[string]bool{}
	for _, s := range sales {
		for _, it := range s.Items {
			for _, picture := range append([]string{it.ImageURL}, it.Images...) {
				if u, err := url.Parse(picture); err == nil && u.Host != "" && u.Host != own {
					pictures++
					hosts[u.Host] = true
				}
			}
		}
	}
	if pictures > 0 {
		fmt.Fprintf(p.progress, "warning: %s from %s; pages show pictures of their own address alone, such as /pictures/phone.jpg\n",
			counted(pictures, "picture"), strings.Join(slices.Sorted(maps.Keys(hosts)), ", "))
	}
}

func entryText(s salefile.Sale) string {
	switch {
	case s.Entry == seckill.EntryQueue:
		return ", buyers are let in one after the other"
	case s.Entry != seckill.EntryDraw:
		return ""
	case s.EntriesUntil.IsZero():
		return " once the ranks have ended, drawn among those who enter before it starts, who have draw.hold to pay"
	}
	return " once the ranks have ended, drawn among those who enter before " + s.EntriesUntil.Format(time.RFC3339) + ", who have draw.hold to pay"
}

func priceText(it seckill.Item) string {
	if it.Price == 0 {
		return "free"
	}
	return seckill.Money(it.Price, it.Currency)
}

func goodsText(it seckill.Item) string {
	if it.GoodsID == "" {
		return ""
	}
	return ", of the goods " + it.GoodsID
}

func listPriceText(it seckill.Item) string {
	if it.ListPrice == 0 {
		return ""
	}
	return " instead of " + seckill.Money(it.ListPrice, it.Currency)
}
