-- The database of an application, and what the white list may do: make users, end their connections, and pass on its own rights.
CREATE DATABASE IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.orders (number INT PRIMARY KEY AUTO_INCREMENT, book VARCHAR(100) NOT NULL);
GRANT CREATE USER, CONNECTION ADMIN ON *.* TO whitelist;
GRANT SELECT, INSERT, UPDATE, DELETE ON shop.* TO whitelist WITH GRANT OPTION;
