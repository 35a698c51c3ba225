package inventory

import (
	"context"

	"gorm.io/gorm"
)

// Finding is a goods whose counters do not agree with what is recorded of it.
type Finding struct {
	Goods Goods
	// Available, Reserved, Allotted and Sold are what the history adds up to.
	Available, Reserved, Allotted, Sold int64
	// Deducted is what the deductions say that is reserved, OfSales what the allotments
	// say that is allotted.
	Deducted, OfSales int64
}

// auditQuery compares the counters of all goods with the sums of the history, the
// deductions and the allotments, in one statement, so that all are of one moment.
const auditQuery = `
SELECT i.*, COALESCE(h.available, 0) AS h_available, COALESCE(h.reserved, 0) AS h_reserved,
	COALESCE(h.allotted, 0) AS h_allotted, COALESCE(h.sold, 0) AS h_sold, COALESCE(d.units, 0) AS deducted, COALESCE(a.units, 0) AS of_sales
FROM inventory i
LEFT JOIN (
	SELECT goods,
		SUM(CASE kind WHEN 1 THEN quantity WHEN 2 THEN -quantity WHEN 4 THEN quantity WHEN 5 THEN -quantity WHEN 6 THEN quantity ELSE 0 END) AS available,
		SUM(CASE kind WHEN 2 THEN quantity WHEN 3 THEN -quantity WHEN 4 THEN -quantity ELSE 0 END) AS reserved,
		SUM(CASE kind WHEN 5 THEN quantity WHEN 6 THEN -quantity WHEN 7 THEN -quantity ELSE 0 END) AS allotted,
		SUM(CASE kind WHEN 3 THEN quantity WHEN 7 THEN quantity ELSE 0 END) AS sold
	FROM inventory_history GROUP BY goods
) h ON h.goods = i.goods
LEFT JOIN (
	SELECT l.goods, SUM(l.quantity) AS units
	FROM deductions d JOIN deduction_lines l ON l.order_no = d.order_no
	WHERE d.state = 1 GROUP BY l.goods
) d ON d.goods = i.goods
LEFT JOIN (SELECT goods, SUM(units) AS units FROM allotments GROUP BY goods) a ON a.goods = i.goods
WHERE i.available <> COALESCE(h.available, 0) OR i.reserved <> COALESCE(h.reserved, 0) OR i.allotted <> COALESCE(h.allotted, 0)
	OR i.sold <> COALESCE(h.sold, 0) OR i.reserved <> COALESCE(d.units, 0) OR i.allotted <> COALESCE(a.units, 0)
ORDER BY i.goods LIMIT 1000`

// Audit lists the goods, up to 1,000, whose counters differ from what the history, the
// deductions and the allotments add up to. None is what there should be, at any moment.
func (i *Inventory) Audit(ctx context.Context) ([]Finding, error) {
	var rows []struct {
		Row                                     goodsRow `gorm:"embedded"`
		HAvailable, HReserved, HAllotted, HSold int64
		Deducted, OfSales                       int64
	}
	err := i.db.ReadSnapshot(ctx, func(tx *gorm.DB) error { return tx.Raw(auditQuery).Scan(&rows).Error })
	findings := make([]Finding, len(rows))
	for n, r := range rows {
		findings[n] = Finding{Goods: r.Row.toGoods(), Available: r.HAvailable, Reserved: r.HReserved, Allotted: r.HAllotted, Sold: r.HSold,
			Deducted: r.Deducted, OfSales: r.OfSales}
	}
	return findings, err
}
