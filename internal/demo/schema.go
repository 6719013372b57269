package demo

// tables are made before the rows; what slows inserts down comes after them.
const tables = `
CREATE TABLE categories (
  id INTEGER PRIMARY KEY,
  parent_id INTEGER REFERENCES categories (id),
  name VARCHAR(60) NOT NULL,
  UNIQUE (parent_id, name)
);
CREATE TABLE customers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email VARCHAR(120) NOT NULL COLLATE NOCASE,
  first_name VARCHAR(40) NOT NULL,
  last_name VARCHAR(40) NOT NULL,
  born DATE,
  newsletter BOOLEAN NOT NULL DEFAULT 0,
  credit DECIMAL(10,2) NOT NULL DEFAULT 0 CHECK (credit >= 0),
  note TEXT,
  created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT customers_email UNIQUE (email)
);
CREATE TABLE addresses (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  kind VARCHAR(10) NOT NULL CHECK (kind IN ('billing', 'delivery')),
  street VARCHAR(100) NOT NULL,
  postcode VARCHAR(12),
  city VARCHAR(60) NOT NULL,
  country CHAR(2) NOT NULL
);
CREATE TABLE products (
  id INTEGER PRIMARY KEY,
  sku VARCHAR(20) NOT NULL UNIQUE,
  category_id INTEGER NOT NULL REFERENCES categories (id),
  name VARCHAR(100) NOT NULL,
  description TEXT,
  price DECIMAL(10,2) NOT NULL CHECK (price > 0),
  weight REAL,
  image BLOB,
  attributes JSON_TEXT,
  discontinued_on DATE
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  address_id INTEGER REFERENCES addresses (id) ON DELETE SET NULL,
  status VARCHAR(10) NOT NULL DEFAULT 'new',
  placed_at DATETIME NOT NULL,
  shipped_at DATETIME,
  total DECIMAL(12,2) NOT NULL
);
CREATE TABLE order_items (
  order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  line INTEGER NOT NULL,
  product_id INTEGER NOT NULL REFERENCES products (id),
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  unit_price DECIMAL(10,2) NOT NULL,
  discount REAL,
  PRIMARY KEY (order_id, line)
) WITHOUT ROWID;
CREATE TABLE payments (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders (id),
  method VARCHAR(12) NOT NULL,
  amount DECIMAL(12,2) NOT NULL,
  paid_at DATETIME NOT NULL,
  reference UUID_TEXT NOT NULL
);
CREATE TABLE reviews (
  id INTEGER PRIMARY KEY,
  product_id INTEGER NOT NULL REFERENCES products (id),
  customer_id INTEGER REFERENCES customers (id),
  stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
  title VARCHAR(80),
  body TEXT,
  written_at DATETIME NOT NULL
);`

const afterwards = `
CREATE INDEX customers_name ON customers (last_name, first_name);
CREATE INDEX addresses_customer ON addresses (customer_id);
CREATE INDEX products_category ON products (category_id);
CREATE INDEX orders_customer ON orders (customer_id, placed_at DESC);
CREATE INDEX orders_open ON orders (placed_at) WHERE shipped_at IS NULL;
CREATE INDEX order_items_product ON order_items (product_id);
CREATE UNIQUE INDEX payments_reference ON payments (reference);
CREATE INDEX reviews_product ON reviews (product_id, stars);
CREATE VIEW best_sellers AS
  SELECT p.id, p.name, sum(i.quantity) AS sold, sum(i.quantity * i.unit_price) AS revenue
  FROM products p JOIN order_items i ON i.product_id = p.id GROUP BY p.id, p.name;
CREATE TRIGGER payment_settles_order AFTER INSERT ON payments
BEGIN
  UPDATE orders SET status = 'paid' WHERE id = new.order_id AND status = 'new' AND total <= new.amount;
END;`
