# Places an order and waits until it is confirmed: test.sh HOST ADMIN_EMAIL. Needs bash alone.
set -euo pipefail
host=$1

# request METHOD PATH TOKEN [BODY]: the body of the answer, which has to be a success.
request() {
  local line status='' body=${4-}
  exec 3<>"/dev/tcp/$host/8080"
  printf '%s %s HTTP/1.0\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s' \
    "$1" "$2" "$host" "${#body}" "${3:+Authorization: Bearer $3$'\r\n'}Prefer: wait=30"$'\r\n' "$body" >&3
  read -r -u 3 line; status=$line
  while read -r -u 3 line && [ "$line" != $'\r' ]; do :; done
  read -r -d '' -u 3 answer || true
  exec 3>&-
  case $status in
    *' 20'[0-9]' '*) ;;
    *) echo "$1 $2: $status $answer" >&2; return 1 ;;
  esac
}
# The value of a member of the last answer.
member() { [[ $answer =~ \"$1\":\ ?\"?([^\",}]+) ]] && printf '%s' "${BASH_REMATCH[1]}"; }

name=helm-$RANDOM$RANDOM@example.com
request POST /auth/login '' "{\"email\": \"$2\", \"password\": \"$(</run/secrets/shopsaga/Admin__Password)\"}"
admin=$(member accessToken)
request POST /products "$admin" '{"name": "Test of a release", "category": "test", "price": 1000, "stockQuantity": 1}'
product=$(member id)
request POST /users '' "{\"email\": \"$name\", \"password\": \"a password of a test\", \"name\": \"Test\"}"
request POST /auth/login '' "{\"email\": \"$name\", \"password\": \"a password of a test\"}"
customer=$(member accessToken)
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  # Until the price of the new product is known to Orders.
  if request POST /orders "$customer" "{\"productId\": $product, \"quantity\": 1, \"paymentMethod\": \"CARD\"}"; then break; fi
  ((attempt < 10)) && sleep 1
done
echo "Order $(member id) is $(member status)."
[ "$(member status)" = CONFIRMED ]
request DELETE "/products/$product" "$admin"
