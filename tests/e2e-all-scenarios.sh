#!/usr/bin/env bash
# Every promise of the HTTP contract that a client can see, through the gateway alone, on a system without other users.
# Needs bash, curl 7.82 and jq 1.6.
#
#   SHOPSAGA_GATEWAY          where it is, by default http://127.0.0.1:8080
#   SHOPSAGA_ADMIN_EMAIL      the first admin, by default that of a local stack
#   SHOPSAGA_ADMIN_PASSWORD

set -euo pipefail
export LC_ALL=C
for program in curl jq; do
    type -P "$program" >/dev/null || { echo "$program is missing: install it (on Debian: apt-get install $program)." >&2; exit 1; }
done
source "$(dirname "$0")/e2e/steps.sh"
trap summary EXIT

# Names that no other run has used.
run=$(date +%s)-$$
category=e2e-$run

settled() { as admin get "/settlements/daily?from=$(TZ=KST-9 date +%F)&to=$(TZ=KST-9 date --date=tomorrow +%F)"; }

# ---------------------------------------------------------------------------------------------------------------------------------
section authentication

scenario "the admin of the configuration logs in"
post /auth/login "$(jq --null-input '{email: $ENV.SHOPSAGA_ADMIN_EMAIL, password: $ENV.SHOPSAGA_ADMIN_PASSWORD}
    | .email //= "admin@shopsaga.local" | .password //= "local-admin-password"')"
expect_status 200
token[admin]=$(json .accessToken)
going_wrong && exit 1

# What was settled before this run.
settled
settled_before=$body

scenario "registering answers the account, without its password"
post /users '{"email": "zoe-'$run'@example.com", "password": "a password of zoe", "name": "Zoë"}'
expect_status 201
expect_json '(.id | type) == "number" and .email == "zoe-'$run'@example.com" and .name == "Zoë" and .role == "customer"'
expect_json 'keys == ["email", "id", "name", "role"]'

scenario "an e-mail is taken, in small or capital letters"
post /users '{"email": "ZOE-'$run'@Example.COM", "password": "another password", "name": "Zoe"}'
expect_problem 409 email-taken

scenario "a role in the body of a registration has no effect"
post /users '{"email": "eve-'$run'@example.com", "password": "a password of eve", "name": "Eve", "role": "admin", "id": 1}'
expect_status 201
expect_json '.role == "customer" and .id != 1'

scenario "logging in gives a bearer token for 15 minutes, in any case of the e-mail address"
post /auth/login '{"email": "Zoe-'$run'@EXAMPLE.com", "password": "a password of zoe"}'
expect_status 200
expect_json '.tokenType == "Bearer" and .expiresIn == 900'
token[zoe]=$(json .accessToken)

scenario "the token is signed with a published key and says who and for how long"
get /.well-known/jwks.json
expect_status 200
expect_json '.keys | length > 0'
keys=$body
body=$(jq --raw-input 'split(".")[:2] | map(gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson)
    | {header: .[0], claims: .[1]}' <<<"${token[zoe]-}")
asked="the token's parts"
kids=$(jq --compact-output '.keys[].kid' <<<"$keys" | paste --serial --delimiters=,)
expect_json '.header.alg == "ES256" and (.header.kid | IN('"$kids"'))'
expect_json '.claims | .role == "customer" and .email == "zoe-'$run'@example.com" and .name == "Zoë" and (.sub | tonumber > 0)'
expect_json '.claims | has("iss") and has("aud") and has("jti") and .exp > now and .exp <= now + 901'

scenario "a wrong password is answered like an unknown e-mail"
post /auth/login '{"email": "zoe-'$run'@example.com", "password": "a password of Zoe"}'
expect_problem 401 unauthenticated
wrong_password=$(json 'del(.traceId)')
post /auth/login '{"email": "nobody-'$run'@example.com", "password": "a password of zoe"}'
expect_problem 401 unauthenticated
expect_same "the answer" "$wrong_password" "$(json 'del(.traceId)')"

scenario "a user reads what the registration answered"
as zoe get /users/me
expect_status 200
expect_json '.email == "zoe-'$run'@example.com" and .name == "Zoë" and .role == "customer" and keys == ["email", "id", "name", "role"]'

scenario "a refresh token serves once; shown again, it ends all that came from that log-in"
post /auth/login '{"email": "zoe-'$run'@example.com", "password": "a password of zoe"}'
first=$(json .refreshToken)
post /auth/refresh '{"refreshToken": "'"$first"'"}'
expect_status 200
expect_json '.tokenType == "Bearer" and .expiresIn == 900 and .refreshToken != "'"$first"'"'
second=$(json .refreshToken)
token[zoe]=$(json .accessToken)
as zoe get /users/me
expect_status 200
post /auth/refresh '{"refreshToken": "'"$first"'"}'
expect_problem 401 unauthenticated
post /auth/refresh '{"refreshToken": "'"$second"'"}'
expect_problem 401 unauthenticated

scenario "logging out ends the refresh token, and forgives an unknown one"
post /auth/login '{"email": "zoe-'$run'@example.com", "password": "a password of zoe"}'
first=$(json .refreshToken)
post /auth/logout '{"refreshToken": "'"$first"'"}'
expect_status 204
post /auth/refresh '{"refreshToken": "'"$first"'"}'
expect_problem 401 unauthenticated
post /auth/logout '{"refreshToken": "'"$first"'"}'
expect_status 204

scenario "a user takes another name"
as zoe put /users/me '{"name": "Zoé"}'
expect_status 200
expect_json '.name == "Zoé" and .email == "zoe-'$run'@example.com"'
as zoe get /users/me
expect_json '.name == "Zoé"'

scenario "a user takes another password, knowing the old one"
as zoe put /users/me/password '{"currentPassword": "a password of Zoe", "newPassword": "another password"}'
expect_invalid currentPassword
as zoe put /users/me/password '{"currentPassword": "a password of zoe", "newPassword": "another password"}'
expect_status 204
post /auth/login '{"email": "zoe-'$run'@example.com", "password": "a password of zoe"}'
expect_problem 401 unauthenticated
post /auth/login '{"email": "zoe-'$run'@example.com", "password": "another password"}'
expect_status 200

scenario "alice and bob register and log in"
register alice
register bob
going_wrong && exit 1

scenario "no token is a 401 that says how to come with one"
get /users/me
expect_problem 401 unauthenticated
expect_header WWW-Authenticate 'Bearer.*'

IFS=. read -r header claims signature <<<"${token[alice]-}"
forged=$(jq --raw-output --raw-input 'gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson | .role = "admin"
    | tojson | @base64' <<<"$claims")
token[forged]=$header.$(tr '+/' '-_' <<<"$forged" | tr --delete =).$signature
token[unsigned]=$(printf '{"alg":"none","typ":"JWT"}' | base64 | tr '+/' '-_' | tr --delete =).$claims.
token[cut]=$header.$claims.${signature:0:20}
token[nonsense]=nonsense
for attempt in forged unsigned cut nonsense; do
    scenario "a token that is $attempt is a 401"
    as "$attempt" get /users/me
    expect_problem 401 unauthenticated
    expect_header WWW-Authenticate 'Bearer.*'
done

# ---------------------------------------------------------------------------------------------------------------------------------
scenario "the provider's webhook needs a signature instead of a token"
as anonymous post /webhooks/psp '{"id":"evt_1","type":"charge.succeeded","data":{"id":1,"idempotencyKey":"order-1"}}'
expect_problem 401 unauthenticated
as anonymous post /webhooks/psp '{}' --header 'Psp-Signature: t=1,v1=00'
expect_problem 401 unauthenticated

section catalogue

scenario "the admin lists a product"
as admin post /products '{"name": "Lamp '$run'", "category": "'$category'", "price": 12000, "stockQuantity": 7}'
expect_status 201
product=$(json .id)
expect_header Location ".*/products/$product"
expect_json '.name == "Lamp '$run'" and .category == "'$category'" and .price == 12000 and .stockQuantity == 7'
expect_json '(.version | type) == "number"'

scenario "anonymous clients read it"
get "/products/$product"
expect_status 200
expect_header ETag '(W/)?".+"'
expect_json '.id == '$product' and .name == "Lamp '$run'" and .category == "'$category'" and .price == 12000 and .stockQuantity == 7'

scenario "a read after a write sees the write"
for price in 12001 12002 12003 12004 12005; do
    as admin put "/products/$product" '{"name": "Lamp '$run'", "category": "'$category'", "price": '$price'}'
    expect_status 200
    get "/products/$product"
    expect_json ".price == $price"
    as admin post "/products/$product/stock" '{"delta": 1}'
    expect_status 200
    get "/products/$product"
    expect_json ".stockQuantity == $price - 12000 + 7"
done

scenario "a change based on an old version is a 412"
get "/products/$product"
etag=$(sed -n 's/^etag: \(.*\)\r$/\1/Ip' "$work/headers")
as admin put "/products/$product" '{"name": "Lamp '$run'", "category": "'$category'", "price": 13000}' --header "If-Match: $etag"
expect_status 200
as admin put "/products/$product" '{"name": "Lamp '$run'", "category": "'$category'", "price": 14000}' --header "If-Match: $etag"
expect_problem 412 precondition-failed
get "/products/$product"
expect_json '.price == 13000'

scenario "stock never falls below zero nor rises above the largest int"
as admin post "/products/$product/stock" '{"delta": -12}'
expect_status 200
expect_json '.stockQuantity == 0'
as admin post "/products/$product/stock" '{"delta": -1}'
expect_problem 409 conflict
as admin post "/products/$product/stock" '{"delta": 2147483647}'
expect_status 200
as admin post "/products/$product/stock" '{"delta": 1}'
expect_problem 409 conflict
expect_stock 2147483647

scenario "a list is filtered by category and by a part of the name, taken literally"
for name in 'Red 100% wool' 'Red silk' 'blue_wool'; do
    as admin post /products '{"name": "'"$name"'", "category": "'$category'-cloth", "price": 1, "stockQuantity": 0}'
    expect_status 201
done
get "/products?category=$category-cloth"
expect_json '[.items[].name] | sort == ["Red 100% wool", "Red silk", "blue_wool"]'
get "/products?category=$category-cloth&q=WOOL"
expect_json '[.items[].name] | sort == ["Red 100% wool", "blue_wool"]'
get "/products?category=$category-cloth&q=0%25+w"
expect_json '[.items[].name] == ["Red 100% wool"]'
get "/products?category=$category-cloth&q=_"
expect_json '[.items[].name] == ["blue_wool"]'
get "/products?category=${category^^}-cloth"
expect_json '.items == [] and .nextCursor == null'

scenario "a list is read page by page, each thing once, while things are added and removed"
for name in 1 2 3 4 5 6; do
    as admin post /products '{"name": "'"$name"'", "category": "'$category'-pages", "price": 1, "stockQuantity": 0}'
    expect_status 201
done
get "/products?category=$category-pages&limit=2"
expect_json '.items | length == 2'
seen=$(json '.items[].id')
cursor=$(json .nextCursor)
as admin delete "/products/$(head -1 <<<"$seen")"
expect_status 204
as admin post /products '{"name": "7", "category": "'$category'-pages", "price": 1, "stockQuantity": 0}'
expect_status 201
pages=0
while ((pages < 10)) && [[ -n $cursor && $cursor != null ]]; do
    get "/products?category=$category-pages&limit=2&cursor=$cursor"
    expect_status 200
    expect_json '.items | length > 0'
    seen+=$'\n'$(json '.items[].id')
    cursor=$(json .nextCursor)
    pages=$((pages + 1))
done
get "/products?category=$category-pages&limit=100"
expect_json '.nextCursor == null and (.items | length) == 6'
expect_same "what was not seen" '' "$(comm -13 <(sort <<<"$seen") <(json '.items[].id' | sort))"
expect_same "what was seen twice" '' "$(sort <<<"$seen" | uniq --repeated)"

scenario "a product withdrawn from sale is gone"
list_product Vase 3000 5
as admin delete "/products/$product"
expect_status 204
get "/products/$product"
expect_problem 404 not-found
get "/products?category=$category&limit=100"
expect_json ".items | all(.id != $product)"
as admin delete "/products/$product"
expect_problem 404 not-found
as admin put "/products/$product" '{"name": "Vase", "category": "'$category'", "price": 1}'
expect_problem 404 not-found
as admin post "/products/$product/stock" '{"delta": 1}'
expect_problem 404 not-found

# ---------------------------------------------------------------------------------------------------------------------------------
section orders

scenario "an order is accepted at once, as it was placed"
list_product Chair 30000 10
place_order alice CARD 2
expect_header Location ".*/orders/$order"
expect_json ".status == \"PENDING\" and .reason == null and .userId == ${id[alice]} and .paymentMethod == \"CARD\" and .paymentId == null"
expect_json ".lines == [{productId: $product, name: \"Chair\", quantity: 2, unitPrice: 30000}] and .totalAmount == 60000"
expect_json '[.createdAt, .updatedAt] | all(test("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|\\+00:00)$"))'

scenario "it is confirmed, event by event"
await_outcome alice CONFIRMED
expect_history alice OrderPlaced StockReserved PaymentCompleted OrderConfirmed StockCommitted
expect_in_order
expect_json '.items | all(.source | type == "string" and . != "")'
expect_stock 8

scenario "its payment can be read by its customer and the admin only"
as alice get "/payments?orderId=$order"
expect_json ".items | length == 1 and (.[0] | .orderId == $order and .userId == ${id[alice]})"
expect_json '.items[0] | .amount == 60000 and .paymentMethod == "CARD"'
expect_json '.items[0] | .status == "COMPLETED" and .refundedAt == null and (.createdAt | type) == "string"'
payment=$(json '.items[0].id')
as alice get "/orders/$order"
expect_json ".paymentId == $payment"
as alice get "/payments/$payment"
expect_json ".id == $payment and .orderId == $order"
as admin get "/payments/$payment"
expect_json ".id == $payment"
as admin get "/payments?orderId=$order"
expect_json '.items | length == 1'
as bob get "/payments/$payment"
expect_problem 404 not-found
as bob get "/payments?orderId=$order"
expect_status 200
expect_json '.items == []'

scenario "several lines are one order, and lines of the same product are added up"
list_product Table 50000 10
table=$product
list_product Stool 7000 10
as alice post /orders '{"lines": [{"productId": '$table', "quantity": 1}, {"productId": '$product', "quantity": 2},
    {"productId": '$product', "quantity": 1}], "paymentMethod": "KAKAO_PAY"}'
expect_status 202
order=$(json .id)
expect_json "(.lines | map({key: (.productId | tostring), value: .quantity}) | from_entries) == {\"$table\": 1, \"$product\": 3}"
expect_json ".totalAmount == 71000"
await_outcome alice CONFIRMED
expect_stock 7

scenario "an amount may be larger than an int"
list_product Palace 2147483647 1000
place_order alice BANK_TRANSFER 1000
expect_json '.totalAmount == 2147483647000'
await_outcome alice CONFIRMED
expect_payment alice COMPLETED
expect_json '.items[0].amount == 2147483647000'

scenario "a new price is for new orders"
list_product Bench 1000 10
place_order alice CARD 1
old=$order
as admin put "/products/$product" '{"name": "Bench", "category": "'$category'", "price": 1500}'
expect_status 200
as admin await '.lines[0].unitPrice == 1500' put "/cart/items/$product" '{"quantity": 1}'
as admin delete /cart
place_order alice CARD 1
expect_json '.totalAmount == 1500 and .lines[0].unitPrice == 1500'
await_outcome alice CONFIRMED
order=$old
await_outcome alice CONFIRMED
expect_json '.totalAmount == 1000'

scenario "customers list their own orders, newest first, by status and page by page"
as bob get /orders
expect_json '.items == [] and .nextCursor == null'
as alice get /orders
expect_json ".items | length == 5 and all(.userId == ${id[alice]}) and (map(.createdAt | rtrimstr(\"Z\")) | . == (sort | reverse))"
all=$(json '[.items[].id] | join(" ")')
as alice get '/orders?limit=3'
expect_json '.items | length == 3'
seen=$(json '[.items[].id] | join(" ")')
as alice get "/orders?limit=3&cursor=$(json .nextCursor)"
expect_json '(.items | length) == 2 and .nextCursor == null'
expect_same "the pages" "$all" "$seen $(json '[.items[].id] | join(" ")')"
as alice get '/orders?status=CONFIRMED'
expect_json '.items | length == 5'
as alice get '/orders?status=CANCELLED'
expect_json '.items == []'

scenario "the admin reads any order"
as admin get "/orders/$order"
expect_json ".id == $order and .userId == ${id[alice]}"
as admin get "/orders/$order/history"
expect_status 200

# ---------------------------------------------------------------------------------------------------------------------------------
section cart

scenario "a cart is empty at first"
as bob get /cart
expect_status 200
expect_json '. == {lines: [], totalAmount: 0}'

scenario "things are put into the cart, changed and taken out"
list_product Cup 800 50
cup=$product
list_product Plate 1200 50
as bob put "/cart/items/$cup" '{"quantity": 2}'
expect_status 200
as bob put "/cart/items/$product" '{"quantity": 1}'
expect_json '(.lines | length) == 2 and .totalAmount == 2800'
as bob put "/cart/items/$cup" '{"quantity": 3}'
expect_json '.totalAmount == 3600'
as bob delete "/cart/items/$product"
expect_status 200
expect_json ". == {lines: [{productId: $cup, name: \"Cup\", unitPrice: 800, quantity: 3}], totalAmount: 2400}"
as bob get /cart
expect_json '.totalAmount == 2400'
as alice get /cart
expect_json '.lines == []'

scenario "a checkout orders the cart and empties it"
as bob put "/cart/items/$product" '{"quantity": 1}'
as bob post /cart/checkout '{"paymentMethod": "CARD"}'
expect_status 202
order=$(json .id)
expect_header Location ".*/orders/$order"
expect_json "(.lines | map({key: (.productId | tostring), value: .quantity}) | from_entries) == {\"$cup\": 3, \"$product\": 1}"
expect_json ".totalAmount == 3600"
as bob get /cart
expect_json '.lines == [] and .totalAmount == 0'
await_outcome bob CONFIRMED
expect_payment bob COMPLETED

scenario "an empty cart is not checked out"
as bob post /cart/checkout '{"paymentMethod": "CARD"}'
expect_problem 409 cart-empty

scenario "checkouts at the same time sell the cart once"
as bob put "/cart/items/$cup" '{"quantity": 1}'
expect_status 200
at_once 4 as bob post /cart/checkout '{"paymentMethod": "CARD"}'
expect_same "the answers" "202 409 409 409" "$statuses"
order=$(jq 'map(select(.id)) | .[0].id' <<<"$bodies")
await_outcome bob CONFIRMED

scenario "a product withdrawn meanwhile is a 400 that names it, and the cart is kept"
list_product Bowl 2000 5
as bob put "/cart/items/$product" '{"quantity": 1}'
as bob put "/cart/items/$cup" '{"quantity": 1}'
expect_json '.lines | length == 2'
as admin delete "/products/$product"
expect_status 204
as alice await '$status == 400' put "/cart/items/$product" '{"quantity": 1}'
expect_invalid productId
as alice delete /cart
expect_status 204
as bob post /cart/checkout '{"paymentMethod": "CARD"}'
expect_problem 400 validation
expect_json '.errors | tostring | test("\\b'$product'\\b")'
as bob get /cart
expect_json '.lines | length == 2'

scenario "a cart is emptied"
as bob delete /cart
expect_status 204
as bob get /cart
expect_json '.lines == [] and .totalAmount == 0'

# ---------------------------------------------------------------------------------------------------------------------------------
section failures

scenario "out of stock: the order is cancelled, nothing is reserved, nothing is charged"
list_product Clock 9000 3
place_order alice CARD 4
await_outcome alice CANCELLED OUT_OF_STOCK
expect_history alice OrderPlaced StockRejected OrderCancelled
as alice get "/payments?orderId=$order"
expect_json '.items == []'
expect_stock 3

scenario "all lines or none"
list_product Rug 20000 5
rug=$product
list_product Sofa 80000 1
as alice post /orders '{"lines": [{"productId": '$rug', "quantity": 1}, {"productId": '$product', "quantity": 2}], "paymentMethod": "CARD"}'
expect_status 202
order=$(json .id)
await_outcome alice CANCELLED OUT_OF_STOCK
expect_stock 1
product=$rug
expect_stock 5

scenario "the last pieces are sold once"
list_product Ticket 5000 3
at_once 6 as bob post /orders '{"productId": '$product', "quantity": 1, "paymentMethod": "CARD"}'
expect_same "the answers" "202 202 202 202 202 202" "$statuses"
orders=$(jq '.[].id' <<<"$bodies")
outcomes=$(for order in $orders; do
    as bob await '.status == "CONFIRMED" or .status == "CANCELLED"' get "/orders/$order"
    json '.status + " " + (.reason // "")'
done | sort | uniq --count | xargs)
expect_same "the outcomes" "3 CANCELLED OUT_OF_STOCK 3 CONFIRMED" "$outcomes"
expect_stock 0

scenario "a declined card: the order is cancelled and its stock is back"
list_product Mirror 40000 5
place_order alice CARD_DECLINED 2
await_outcome alice CANCELLED PAYMENT_DECLINED
expect_history_of alice OrderPlaced StockReserved PaymentFailed OrderCancelled StockReleased
expect_payment alice FAILED
expect_stock 5

scenario "a payment method that the provider does not know is declined"
place_order alice SEA_SHELLS 1
await_outcome alice CANCELLED PAYMENT_DECLINED
expect_no_money alice
expect_stock 5

scenario "a provider that is not there twice is asked again"
place_order alice CARD_FLAKY 1
await_outcome alice CONFIRMED
expect_history alice OrderPlaced StockReserved PaymentCompleted OrderConfirmed StockCommitted
expect_payment alice COMPLETED
expect_stock 4

scenario "no answer in time, but the money was taken: confirmed, charged once"
place_order alice CARD_TIMEOUT_CHARGED 1
await_outcome alice CONFIRMED
expect_history alice OrderPlaced StockReserved PaymentCompleted OrderConfirmed StockCommitted
expect_payment alice COMPLETED
expect_stock 3

scenario "no answer in time, and the money was not taken: cancelled, without money"
place_order alice CARD_TIMEOUT_LOST 1
await_outcome alice CANCELLED PAYMENT_DECLINED
expect_history_of alice OrderPlaced StockReserved PaymentFailed OrderCancelled StockReleased
expect_payment alice FAILED
expect_stock 3

scenario "a customer cancels a confirmed order: money and stock go back"
list_product Kettle 25000 5
place_order alice CARD 2
await_outcome alice CONFIRMED
expect_history alice OrderPlaced StockReserved PaymentCompleted OrderConfirmed StockCommitted
as alice post "/orders/$order/cancel"
expect_status 202
expect_json ".id == $order and .status == \"CANCELLING\" and .reason == \"CUSTOMER\""
await_outcome alice CANCELLED CUSTOMER
expect_history_of alice OrderPlaced StockReserved PaymentCompleted OrderConfirmed StockCommitted \
    OrderCancelled PaymentRefunded StockReleased
expect_payment alice REFUNDED
expect_json '.items[0].refundedAt | type == "string"'
expect_stock 5

scenario "a customer cancels before the confirmation: no money and no stock stays"
place_order alice CARD_SLOW 2
as alice post "/orders/$order/cancel"
expect_status 202
await_outcome alice CANCELLED CUSTOMER
expect_no_money alice
expect_stock 5

scenario "a customer cancels while the charge is in progress: it is refunded"
place_order alice CARD_SLOW 1
as alice await '.items[0].status == "PENDING"' get "/payments?orderId=$order"
as alice post "/orders/$order/cancel"
expect_status 202
await_outcome alice CANCELLED CUSTOMER
expect_no_money alice
expect_stock 5

scenario "an order is cancelled once"
as alice post "/orders/$order/cancel"
expect_problem 409 not-cancellable
place_order alice CARD 1
await_outcome alice CONFIRMED
at_once 5 as alice post "/orders/$order/cancel"
expect_same "the answers" "202 409 409 409 409" "$statuses"
await_outcome alice CANCELLED CUSTOMER
expect_payment alice REFUNDED
expect_stock 5

scenario "a refund that fails twice is made in the end"
place_order alice CARD_REFUND_FLAKY 1
await_outcome alice CONFIRMED
as alice post "/orders/$order/cancel"
expect_status 202
await_outcome alice CANCELLED CUSTOMER
expect_payment alice REFUNDED
expect_stock 5

scenario "the shop refunds the payment, and the order is cancelled"
place_order alice CARD 1
await_outcome alice CONFIRMED
payment=$(json .paymentId)
expect_history alice OrderPlaced StockReserved PaymentCompleted OrderConfirmed StockCommitted
as admin post "/payments/$payment/cancel"
expect_status 202
expect_json ".id == $payment"
as admin post "/payments/$payment/cancel"
expect_problem 409 not-cancellable
as alice await '.status == "CANCELLED"' get "/orders/$order"
expect_json '.reason == "SHOP"'
expect_history_of alice OrderPlaced StockReserved PaymentCompleted OrderConfirmed StockCommitted \
    OrderCancelled PaymentRefunded StockReleased
expect_payment alice REFUNDED
expect_stock 5

# ---------------------------------------------------------------------------------------------------------------------------------
section requests

scenario "the things that the bad requests are about"
list_product Brush 500 100
place_order alice CARD 1
await_outcome alice CONFIRMED
payment=$(json .paymentId)

# USER METHOD PATH MEMBER BODY: the answer is a 400 that names the member. Malformed JSON has no member to name.
while read -r user method path member sent <&3; do
    naming=" naming $member"
    scenario "$method $path ${sent:+${sent:0:90} }is a 400${naming/% naming -}"
    as "$user" request "$method" "$path" ${sent:+"$sent"}
    expect_problem 400 validation
    [[ $member == - ]] || expect_invalid "$member"
done 3<<TABLE
anonymous POST /users email                     {"password": "long enough", "name": "A"}
anonymous POST /users email                     {"email": "no address", "password": "long enough", "name": "A"}
anonymous POST /users email                     {"email": 5, "password": "long enough", "name": "A"}
anonymous POST /users password                  {"email": "a@example.com", "name": "A"}
anonymous POST /users password                  {"email": "a@example.com", "password": "7 chars", "name": "A"}
anonymous POST /users password                  {"email": "a@example.com", "password": "$(printf '%0129d' 0)", "name": "A"}
anonymous POST /users name                      {"email": "a@example.com", "password": "long enough"}
anonymous POST /users name                      {"email": "a@example.com", "password": "long enough", "name": null}
anonymous POST /users -                         {"email": "a@example.com",
anonymous POST /auth/login email                {"password": "long enough"}
anonymous POST /auth/login password             {"email": "a@example.com"}
anonymous POST /auth/login password             {"email": "a@example.com", "password": ["long enough"]}
anonymous POST /auth/login -                    ["a@example.com", "long enough"]
anonymous POST /auth/refresh refreshToken       {}
anonymous POST /auth/logout refreshToken        {"refreshToken": 1}
alice  PUT  /users/me name                   {"name": ""}
alice  PUT  /users/me/password newPassword   {"currentPassword": "a password of alice", "newPassword": "7 chars"}
anonymous GET  /products?limit=0 limit
anonymous GET  /products?limit=101 limit
anonymous GET  /products?limit=many limit
anonymous GET  /products?cursor=nonsense cursor
admin  POST /products name                   {"category": "c", "price": 1, "stockQuantity": 1}
admin  POST /products name                   {"name": " ", "category": "c", "price": 1, "stockQuantity": 1}
admin  POST /products name                   {"name": "$(printf '%0201d' 0)", "category": "c", "price": 1, "stockQuantity": 1}
admin  POST /products category               {"name": "n", "price": 1, "stockQuantity": 1}
admin  POST /products category               {"name": "n", "category": "$(printf '%0101d' 0)", "price": 1, "stockQuantity": 1}
admin  POST /products price                  {"name": "n", "category": "c", "stockQuantity": 1}
admin  POST /products price                  {"name": "n", "category": "c", "price": 0, "stockQuantity": 1}
admin  POST /products price                  {"name": "n", "category": "c", "price": 1.5, "stockQuantity": 1}
admin  POST /products price                  {"name": "n", "category": "c", "price": "1", "stockQuantity": 1}
admin  POST /products price                  {"name": "n", "category": "c", "price": 2147483648, "stockQuantity": 1}
admin  POST /products stockQuantity          {"name": "n", "category": "c", "price": 1}
admin  POST /products stockQuantity          {"name": "n", "category": "c", "price": 1, "stockQuantity": -1}
admin  POST /products -                      {"name": "n"]
admin  PUT  /products/$product name          {"name": "", "category": "c", "price": 1}
admin  PUT  /products/$product category      {"name": "n", "category": 1, "price": 1}
admin  PUT  /products/$product price         {"name": "n", "category": "c", "price": -1}
admin  POST /products/$product/stock delta   {"delta": 0}
admin  POST /products/$product/stock delta   {"delta": 9999999999}
admin  POST /products/$product/stock delta   {}
alice  POST /orders productId                {"productId": 9007199254740991, "quantity": 1, "paymentMethod": "CARD"}
alice  POST /orders productId                {"productId": "$product", "quantity": 1, "paymentMethod": "CARD"}
alice  POST /orders quantity                 {"productId": $product, "paymentMethod": "CARD"}
alice  POST /orders quantity                 {"productId": $product, "quantity": 0, "paymentMethod": "CARD"}
alice  POST /orders quantity                 {"productId": $product, "quantity": 1001, "paymentMethod": "CARD"}
alice  POST /orders quantity                 {"productId": $product, "quantity": "1", "paymentMethod": "CARD"}
alice  POST /orders quantity                 {"productId": $product, "quantity": 1.5, "paymentMethod": "CARD"}
alice  POST /orders paymentMethod            {"productId": $product, "quantity": 1}
alice  POST /orders paymentMethod            {"productId": $product, "quantity": 1, "paymentMethod": "card"}
alice  POST /orders paymentMethod            {"productId": $product, "quantity": 1, "paymentMethod": "C"}
alice  POST /orders lines                    {"lines": [], "paymentMethod": "CARD"}
alice  POST /orders lines                    {"lines": {}, "paymentMethod": "CARD"}
alice  POST /orders lines {"lines": [$(printf '{"productId": 1, "quantity": 1}%.0s' {1..101} | sed 's/}{/},{/g')], "paymentMethod": "CARD"}
alice  POST /orders quantity                 {"lines": [{"productId": $product, "quantity": 0}], "paymentMethod": "CARD"}
alice  POST /orders productId                {"lines": [{"quantity": 1}], "paymentMethod": "CARD"}
alice  POST /orders - {"lines": [{"productId": $product, "quantity": 600}, {"productId":$product, "quantity":600}], "paymentMethod": "CARD"}
alice  POST /orders - {"productId": $product, "quantity": 1, "lines": [{"productId": $product, "quantity": 1}], "paymentMethod": "CARD"}
alice  POST /orders -                        {"paymentMethod": "CARD"}
alice  POST /orders -                        nonsense
alice  GET  /orders?status=pending status
alice  GET  /orders?limit=1000 limit
alice  GET  /orders?cursor=%2e cursor
alice  PUT  /cart/items/$product quantity    {"quantity": 0}
alice  PUT  /cart/items/$product quantity    {"quantity": 1001}
alice  PUT  /cart/items/$product quantity    {}
alice  PUT  /cart/items/9007199254740991 productId {"quantity": 1}
alice  POST /cart/checkout paymentMethod     {}
alice  POST /cart/checkout paymentMethod     {"paymentMethod": "PAY ME"}
alice  GET  /payments?orderId=x orderId
admin  GET  /settlements/daily/2026-1-1 date
admin  GET  /settlements/daily/2026-02-30 date
admin  GET  /settlements/daily?from=yesterday from
admin  GET  /settlements/daily?to=2026-01-01T00:00:00Z to
admin  GET  /settlements/monthly/2026-13 yearMonth
admin  GET  /settlements/monthly?year=MMXXVI year
admin  GET  /settlements/daily?limit=0 limit
admin  GET  /settlements/daily?cursor=%2e cursor
admin  GET  /settlements/reconciliation/2026-1-1 date
admin  POST /settlements/daily/2026-02-30/close date
admin  POST /settlements/monthly/2026-13/close yearMonth
TABLE

# METHOD PATH BODY: without a token the answer is 401.
while read -r method path sent <&3; do
    scenario "$method $path without a token is a 401"
    as anonymous request "$method" "$path" ${sent:+"$sent"}
    expect_problem 401 unauthenticated
    expect_header WWW-Authenticate 'Bearer.*'
done 3<<TABLE
GET    /users/me
PUT    /users/me {"name": "n"}
PUT    /users/me/password {"currentPassword": "c", "newPassword": "another password"}
POST   /products {"name": "n", "category": "c", "price": 1, "stockQuantity": 1}
PUT    /products/$product {"name": "n", "category": "c", "price": 1}
POST   /products/$product/stock {"delta": 1}
DELETE /products/$product
POST   /orders {"productId": $product, "quantity": 1, "paymentMethod": "CARD"}
GET    /orders
GET    /orders/$order
GET    /orders/$order/history
POST   /orders/$order/cancel
GET    /cart
DELETE /cart
PUT    /cart/items/$product {"quantity": 1}
DELETE /cart/items/$product
POST   /cart/checkout {"paymentMethod": "CARD"}
GET    /payments
GET    /payments/$payment
POST   /payments/$payment/cancel
GET    /settlements/daily
GET    /settlements/daily/2026-01-01
GET    /settlements/monthly
GET    /settlements/monthly/2026-01
GET    /settlements/reconciliation/2026-01-01
POST   /settlements/daily/2026-01-01/close
POST   /settlements/monthly/2026-01/close
GET    /operations/services
GET    /operations/queues
GET    /operations/failed-messages/groups
POST   /operations/failed-messages/return
TABLE

# METHOD PATH BODY: what is the admin's alone.
while read -r method path sent <&3; do
    scenario "$method $path by a customer is a 403"
    as alice request "$method" "$path" ${sent:+"$sent"}
    expect_problem 403 forbidden
done 3<<TABLE
POST   /products {"name": "n", "category": "c", "price": 1, "stockQuantity": 1}
PUT    /products/$product {"name": "n", "category": "c", "price": 1}
POST   /products/$product/stock {"delta": 1}
DELETE /products/$product
POST   /payments/$payment/cancel
GET    /settlements/daily
GET    /settlements/daily/2026-01-01
GET    /settlements/monthly
GET    /settlements/monthly/2026-01
GET    /settlements/reconciliation/2026-01-01
POST   /settlements/daily/2026-01-01/close
POST   /settlements/monthly/2026-01/close
GET    /operations/services
GET    /operations/queues
GET    /operations/failed-messages/groups
POST   /operations/failed-messages/return
TABLE

# USER METHOD PATH BODY: it does not exist, or belongs to another user.
while read -r user method path sent <&3; do
    scenario "$method $path by $user is a 404"
    as "$user" request "$method" "$path" ${sent:+"$sent"}
    expect_problem 404 not-found
done 3<<TABLE
bob    GET    /orders/$order
bob    GET    /orders/$order/history
bob    POST   /orders/$order/cancel
bob    GET    /payments/$payment
admin  POST   /orders/$order/cancel
alice  GET    /orders/9007199254740991
alice  GET    /orders/9007199254740991/history
alice  POST   /orders/9007199254740991/cancel
alice  GET    /orders/one
alice  GET    /payments/9007199254740991
alice  GET    /payments/one
admin  POST   /payments/9007199254740991/cancel
anonymous GET    /products/9007199254740991
anonymous GET    /products/one
anonymous GET    /products/99999999999999999999
admin  PUT    /products/9007199254740991 {"name": "n", "category": "c", "price": 1}
admin  POST   /products/9007199254740991/stock {"delta": 1}
admin  DELETE /products/9007199254740991
anonymous GET    /nowhere
alice  GET    /nowhere
alice  GET    /internal
admin  GET    /internal/anything
admin  GET    /products/internal
TABLE

# METHOD PATH: a known route, asked otherwise.
while read -r method path <&3; do
    scenario "$method $path is a 405 that says what is allowed"
    as admin request "$method" "$path"
    expect_problem 405 method-not-allowed
    expect_header Allow '[A-Z, ]+'
done 3<<TABLE
DELETE /users
PUT    /auth/login
PATCH  /products
PATCH  /products/$product
DELETE /orders
PUT    /orders/$order
GET    /orders/$order/cancel
POST   /cart
GET    /cart/checkout
POST   /payments
DELETE /settlements/daily
GET    /settlements/daily/2026-01-01/close
POST   /settlements/reconciliation/2026-01-01
TABLE

scenario "a body over 64 KiB is a 413, declared or chunked"
large='{"productId": '$product', "quantity": 1, "paymentMethod": "CARD", "note": "'$(printf '%066000d' 0)'"}'
as alice post /orders "$large"
expect_problem 413 too-large
as alice post /orders "$large" --header 'Transfer-Encoding: chunked'
expect_problem 413 too-large

scenario "a body under 64 KiB is read, and members it does not know are ignored"
as alice put "/cart/items/$product" '{"quantity": 1, "note": "'$(printf '%060000d' 0)'"}'
expect_status 200
as alice delete /cart
expect_status 204

scenario "a body that is not declared as JSON is a 415"
as alice post /orders '{"productId": '$product', "quantity": 1, "paymentMethod": "CARD"}' --header 'Content-Type: text/plain'
expect_problem 415 unsupported-media-type
as alice put "/cart/items/$product" '{"quantity": 1}' --header 'Content-Type:'
expect_problem 415 unsupported-media-type

scenario "headers cannot change who the caller is"
spoof=(--header "X-User-Id: ${id[alice]}" --header 'X-User-Role: admin' --header 'X-User-Anything: x')
get "/orders/$order" "${spoof[@]}"
expect_problem 401 unauthenticated
as bob get "/orders/$order" "${spoof[@]}"
expect_problem 404 not-found
as bob get /users/me "${spoof[@]}"
expect_json ".id == ${id[bob]} and .role == \"customer\""
as bob post "/products/$product/stock" '{"delta": 1}' "${spoof[@]}"
expect_problem 403 forbidden
as bob post /orders '{"productId": '$product', "quantity": 1, "paymentMethod": "CARD"}' "${spoof[@]}"
expect_status 202
expect_json ".userId == ${id[bob]}"
order=$(json .id)
await_outcome bob CONFIRMED

scenario "nothing of all that has changed anything"
expect_stock 98

# ---------------------------------------------------------------------------------------------------------------------------------
section edge

scenario "a product that the client has already is not sent again"
get "/products/$product"
etag=$(sed -n 's/^etag: \(.*\)\r$/\1/Ip' "$work/headers")
get "/products/$product" --header "If-None-Match: $etag"
expect_status 304
expect_same 'the body' '' "$body"
get "/products/$product" --header 'If-None-Match: "0"'
expect_status 200

scenario "one key orders once, however its body is written and however often it is sent"
as alice at_once 5 post /orders '{"productId": '$product', "quantity": 1, "paymentMethod": "CARD"}' --header "Idempotency-Key: one-$run"
expect_same 'the statuses' '202 202 202 202 202' "$statuses"
expect_same 'the orders' 1 "$(jq '[.[].id] | unique | length' <<<"$bodies")"
order=$(jq '.[0].id' <<<"$bodies")
as alice post /orders '{ "paymentMethod": "CARD", "quantity": 1, "productId": '$product' }' --header "Idempotency-Key: one-$run"
expect_status 202
expect_json ".id == $order"
as alice post /orders '{"productId": '$product', "quantity": 2, "paymentMethod": "CARD"}' --header "Idempotency-Key: one-$run"
expect_problem 422 idempotency-key-reused
as bob post /orders '{"productId": '$product', "quantity": 1, "paymentMethod": "CARD"}' --header "Idempotency-Key: one-$run"
expect_status 202
expect_json ".id != $order"
await_outcome alice CONFIRMED

scenario "a client that prefers to wait hears how it ends"
as alice post /orders '{"productId": '$product', "quantity": 1, "paymentMethod": "CARD"}' --header 'Prefer: wait=25'
expect_status 201
expect_header Preference-Applied 'wait=25'
expect_header Location ".*/orders/$(json .id)"
expect_json '.status == "CONFIRMED" and .paymentId != null'
as alice post /orders '{"productId": '$product', "quantity": 1, "paymentMethod": "CARD_DECLINED"}' --header 'Prefer: wait=25'
expect_problem 402 payment-declined
expect_header Preference-Applied 'wait=25'
expect_json '.orderId | type == "number"'
as alice post /orders '{"productId": '$product', "quantity": 1000, "paymentMethod": "CARD"}' --header 'Prefer: wait=25'
expect_problem 409 out-of-stock
expect_json ".shortages[0] | .productId == $product and .requested == 1000 and .available < 1000"
as alice post /orders '{"productId": '$product', "quantity": 1, "paymentMethod": "CARD_SLOW"}' --header 'Prefer: wait=1'
expect_status 202
expect_header Preference-Applied 'wait=1'
order=$(json .id)

scenario "an order is followed live to its end, and a client that comes back misses nothing and sees nothing twice"
as alice get "/orders/$order/events"
expect_status 200
expect_header Content-Type 'text/event-stream'
last=$(sed -n 's/^id: //p' <<<"$body" | tail -1)
body=$(sed -n 's/^data: //p' <<<"$body" | jq --slurp --compact-output .)
expect_json '.[0].status == "PENDING" and .[-1].status == "CONFIRMED"'
as alice get "/orders/$order/events" --header 'Last-Event-ID: 1'
body=$(sed -n 's/^data: //p' <<<"$body" | jq --slurp --compact-output .)
expect_json '[.[].status] == ["CONFIRMED"]'
as alice get "/orders/$order/events" --header "Last-Event-ID: $last"
expect_status 204
as bob get "/orders/$order/events"
expect_problem 404 not-found

scenario "every service describes itself, and one page shows them all"
for service in users products orders payments settlement; do
    get "/openapi/$service.json"
    expect_status 200
    expect_json '(.openapi | startswith("3.1")) and (.paths | length > 0)'
done
get /swagger/index.html
expect_status 200

scenario "every kind of problem has a page that explains it"
for code in validation unauthenticated forbidden not-found conflict out-of-stock not-cancellable email-taken cart-empty in-progress \
    payment-declined method-not-allowed precondition-failed too-large unsupported-media-type idempotency-key-reused too-many-requests \
    unavailable; do
    get "/problems/$code"
    expect_status 200
    expect_header Content-Type 'text/html.*'
done

scenario "what is inside does not exist outside, and another method is a 405 that names those there are"
as admin get /internal/statements/2025-01-31
expect_problem 404 not-found
delete /users
expect_problem 405 method-not-allowed
expect_header Allow POST

scenario "a user gets the data that the shop holds, and closes the account once no order is open"
register carol
list_product Teapot 4000 5
place_order carol CARD_SLOW 1
as carol put "/cart/items/$product" '{"quantity": 2}'
as carol await '.orders | length == 1' get /users/me/export
expect_json '.account.email == "carol-'$run'@example.com" and (.sessions | length) == 1 and (.account | has("passwordHash") | not)'
as carol delete /users/me '{"password": "a password of carol"}'
expect_problem 409 conflict
await_outcome carol CONFIRMED
as carol get '/payments?limit=100'
paid_by_closed_accounts=$(json '.items | tojson')
as carol get /orders/export
expect_json ".orders[0].order.id == $order and .orders[0].history[0].name == \"OrderPlaced\" and .cart.lines[0].quantity == 2"
as carol delete /users/me '{"password": "a wrong password"}'
expect_invalid password
as carol await '$status == 204' delete /users/me '{"password": "a password of carol"}'
as carol get /users/me
expect_problem 404 not-found
post /auth/login '{"email": "carol-'$run'@example.com", "password": "a password of carol"}'
expect_problem 401 unauthenticated
as carol await '.lines == []' get /cart
as admin get "/orders/$order"
expect_json ".userId == ${id[carol]-0}"
former=${id[carol]-0}
register carol
expect_same "a new user" 1 "$((id[carol] > former))"

scenario "an administrator sees every service, the queues, and no failed message"
as admin await '[.items[].instances[] | select(.state != "HEALTHY")] == []' get /operations/services
expect_json '[.items[].service | ascii_downcase] | contains(["orders", "operations", "gateway"])'
as admin get /operations/queues
expect_json '[.items[].name] | contains(["ShopSaga.Orders", "error"])'
# The first answer of /metrics may take an instance longer than Operations waits for it.
as admin await '.items | length == 5' get /operations/outboxes
as admin await '.items | length == 4' get /operations/open-orders
as admin get /operations/failed-messages/groups
expect_json '.messages == 0 and .items == []'
as admin post /operations/failed-messages/return
expect_status 202
as admin await '.status == "DONE"' get "/operations/returns/$(json .id)"
expect_json '.returned == 0'

scenario "every answer says how many requests are left, and tells browsers to be careful"
as alice get /cart
expect_header RateLimit-Policy '"user";q=[0-9]+;w=[0-9]+'
expect_header RateLimit '"user";r=[0-9]+;t=[0-9]+'
expect_header X-Content-Type-Options nosniff
expect_header Cache-Control no-store
get /nowhere
expect_header RateLimit '"address";r=[0-9]+;t=[0-9]+'
expect_header X-Frame-Options DENY
for path in /health/live /health/ready /metrics; do
    get "$path"
    expect_status 200
done

# ---------------------------------------------------------------------------------------------------------------------------------
section settlement

scenario "what a run leaves unsettled is settled a moment later"
list_product Book 1000 10
place_order bob CARD 3
await_outcome bob CONFIRMED
place_order bob CARD 2
await_outcome bob CONFIRMED
as bob post "/orders/$order/cancel"
expect_status 202
await_outcome bob CANCELLED CUSTOMER

# What the customers of this run have paid and got back, as daily settlements count it.
paid=${paid_by_closed_accounts:-[]}
for user in alice bob; do
    as "$user" get '/payments?limit=100'
    paid=$(jq '. + $answer.items' --argjson answer "$body" <<<"$paid")
done
expected=$(jq --compact-output '
    map(select(.status | IN("COMPLETED", "REFUNDED"))) as $captured | map(select(.status == "REFUNDED")) as $refunded
    | {totalAmount: ($captured | map(.amount) | add), paymentCount: ($captured | length),
       refundAmount: ($refunded | map(.amount) | add), refundCount: ($refunded | length)}' <<<"$paid")

scenario "daily totals have moved by exactly what was paid and refunded"
sum='[.items[]] | {totalAmount: map(.totalAmount) | add, paymentCount: map(.paymentCount) | add,
    refundAmount: map(.refundAmount) | add, refundCount: map(.refundCount) | add}'
total() { jq "$sum" <<<"$1"; }
expect_same "the expected totals contain payments and refunds" true "$(jq '.paymentCount > 0 and .refundCount > 0' <<<"$expected")"
before=$(total "$settled_before")
as admin await "$before as \$before | ($sum) | with_entries(.value -= \$before[.key]) == $expected" settled
expect_json '.items | all(.netAmount == .totalAmount - .refundAmount and .status == "OPEN")'

scenario "a day alone is the same as in the list"
settled
days=$body
for day in $(json '.items[].reportDate'); do
    as admin get "/settlements/daily/$day"
    expect_status 200
    expect_json ". == ($days | .items[] | select(.reportDate == \"$day\"))"
done

scenario "a day without entries is zeros"
as admin get /settlements/daily/2001-02-03
expect_status 200
expect_json 'del(.status) == {reportDate: "2001-02-03", totalAmount: 0, paymentCount: 0, refundAmount: 0, refundCount: 0, netAmount: 0}'

scenario "a month is the sum of its days"
month=$(jq --raw-output '.items[0].reportDate[:7]' <<<"$days")
as admin get "/settlements/daily?from=$month-01&to=$(date --date="$month-01 +1 month -1 day" +%F)"
expect_status 200
in_days=$(json "$sum | tostring")
as admin get "/settlements/monthly/$month"
expect_status 200
expect_json ".yearMonth == \"$month\" and .netAmount == .totalAmount - .refundAmount"
expect_json "{totalAmount, paymentCount, refundAmount, refundCount} == $in_days"
a_month=$body
as admin get "/settlements/monthly?year=${month%-*}"
expect_status 200
expect_json ".items | map(select(.yearMonth == \"$month\")) == [$a_month]"

scenario "a long range comes part by part"
as admin get '/settlements/daily?from=2023-01-01&to=2024-12-31'
expect_json '.items | length == 366 and .[0].reportDate == "2023-01-01"'
as admin get "/settlements/daily?from=2023-01-01&to=2024-12-31&cursor=$(json .nextCursor)"
expect_json '.items | length == 365 and .[0].reportDate == "2024-01-02" and .[-1].reportDate == "2024-12-31"'
expect_json '.nextCursor == null'

scenario "reports are CSV on request, with the JSON names as header"
columns=totalAmount,paymentCount,refundAmount,refundCount,netAmount,status
day=$(jq --raw-output '.items[0].reportDate' <<<"$days")
as admin get "/settlements/daily/$day"
row=$(json '[.[]] | map(tostring) | join(",")')
as admin get "/settlements/daily/$day" --header 'Accept: text/csv'
expect_status 200
expect_header Content-Type 'text/csv.*'
expect_same "the day" "reportDate,$columns"$'\r\n'"$row"$'\r' "$body"
for report in daily:reportDate monthly:yearMonth; do
    as admin get "/settlements/${report%:*}" --header 'Accept: text/csv'
    expect_same "the header" "${report#*:},$columns"$'\r' "${body%%$'\n'*}"
done
as admin get "/settlements/reconciliation/$day" --header 'Accept: text/csv'
expect_same "the header" "kind,orderId,paymentId,providerAmount,paymentAmount,ledgerAmount"$'\r' "${body%%$'\n'*}"

scenario "provider, payments and ledger agree about what this run has paid"
for day in $(jq --raw-output '.items[].reportDate' <<<"$days"); do
    as admin await '.differences == []' get "/settlements/reconciliation/$day"
    expect_json ".date == \"$day\" and .matched >= ($days | .items[] | select(.reportDate == \"$day\") | .paymentCount + .refundCount)"
done

scenario "a day or month that is not over cannot be closed"
for time in "daily/$(TZ=KST-9 date +%F)" "daily/$(TZ=KST-9 date --date=tomorrow +%F)" daily/9999-12-31 \
    "monthly/$(TZ=KST-9 date +%Y-%m)" monthly/9999-12; do
    as admin post "/settlements/$time/close"
    expect_problem 409 conflict
done

# A February that no other run has closed.
month=$(printf '%04d-02' $((1000 + RANDOM % 800)))
scenario "a month closes when all its days are closed, and stays as it is"
for day in {01..28}; do
    as admin post "/settlements/monthly/$month/close"
    expect_problem 409 conflict
    as admin post "/settlements/daily/$month-$day/close"
    expect_status 200
    expect_json ".reportDate == \"$month-$day\" and .status == \"CLOSED\" and .netAmount == 0"
done
as admin post "/settlements/daily/$month-29/close"
expect_json '.status == "CLOSED" or .status == 400'
as admin post "/settlements/monthly/$month/close"
expect_status 200
closed=$body
expect_json ".yearMonth == \"$month\" and .status == \"CLOSED\""
as admin post "/settlements/monthly/$month/close"
expect_same "the month" "$closed" "$body"
as admin get "/settlements/monthly/$month"
expect_same "the month" "$closed" "$body"
as admin get "/settlements/daily?from=$month-01&to=$month-28"
expect_json '.items | all(.status == "CLOSED")'
as admin post "/settlements/daily/$month-01/close"
expect_status 200
expect_json '.status == "CLOSED"'
