"""A private place to run the site in: MariaDB, php-fpm, nginx and the sandbox on loopback, stopped by pid."""
