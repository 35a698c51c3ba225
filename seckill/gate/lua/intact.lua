-- intact tells whether a sale is loaded and can be relied on.
--
-- RETURNS  'intact', or a condition
-- O(1)

return condition() or 'intact'
