# The steps of scenarios. Sourced by e2e-all-scenarios.sh.
#
#   scenario NAME                 starts a scenario, and ends the one before it
#   as USER REQUEST               sends the request with the user's token
#   get|post|put|delete PATH [BODY] [CURL OPTIONS]
#   await CONDITION REQUEST       repeats the request until the condition holds
#   expect_...                    checks the last answer
#
# The last answer is in $status, $body and $work/headers. After the first failed expectation the rest of the scenario is skipped and
# the answer shown. Conditions are jq filters on the body, with $status.

gateway=${SHOPSAGA_GATEWAY:-http://127.0.0.1:8080}
patience=60

declare -A token=([anonymous]='') id=()
work=$(mktemp -d)
number=0 passed=0 failed=0 current='' complaint=''
status='' body='' asked='' statuses='' bodies='[]'

section() {
    finish
    echo "# $1"
}

scenario() {
    finish
    current=$1 complaint='' number=$((number + 1))
}

finish() {
    [[ -n $current ]] || return 0
    if [[ -z $complaint ]]; then
        passed=$((passed + 1))
        printf 'ok     %3d %s\n' "$number" "$current"
    else
        failed=$((failed + 1))
        printf 'not ok %3d %s\n' "$number" "$current"
        sed 's/^/           /' <<<"$complaint"
    fi
    current=''
}

# Always prints the last line and sets the exit code.
summary() {
    local code=$?
    if ((code != 0)); then
        complain 'the script to go on'
    fi
    finish
    rm -rf "$work"
    echo "$passed passed, $failed failed"
    ((failed == 0 && code == 0)) || exit 1
}

going_wrong() { [[ -n $complaint ]]; }

complain() {
    going_wrong && return 0
    local answer=$status${body:+ $body}
    complaint=$(printf 'asked    %s\nexpected %s\nreceived %s' "${asked:-nothing yet}" "$1" "${answer:0:1500}")
}

# Requests

as() {
    local bearer=${token[$1]-}
    shift
    "$@"
}

get() { request GET "$@"; }
post() { request POST "$@"; }
put() { request PUT "$@"; }
delete() { request DELETE "$@"; }

request() {
    going_wrong && return 0
    local method=$1 path=$2 options=(--request "$1")
    shift 2
    asked="$method $path"
    if (($# > 0)) && [[ $1 != -* ]]; then
        options+=(--json "$1")
        asked+=" ${1:0:300}"
        shift
    fi
    [[ -z ${bearer-} ]] || options+=(--header "Authorization: Bearer $bearer")
    : >"$work/body"
    status=$(curl --silent --show-error --max-time 30 "${options[@]}" "$@" \
        --output "$work/body" --dump-header "$work/headers" --write-out '%{http_code}' "$gateway$path" 2>"$work/error") || true
    body=$(tr --delete '\0' <"$work/body")
    [[ $status != 000 ]] || body=$(<"$work/error")
}

await() {
    going_wrong && return 0
    local condition=$1 deadline=$((SECONDS + patience))
    shift
    until "$@" && holds "$condition"; do
        if ((SECONDS > deadline)); then
            complain "$condition, within $patience s"
            return 0
        fi
        sleep 0.1
    done
}

# at_once N REQUEST: the request N times side by side; the answers' statuses in $statuses, the bodies as one array in $bodies.
at_once() {
    local times=$1 i
    shift
    going_wrong && return 0
    for ((i = 1; i <= times; i++)); do
        (
            work=$work/$i
            mkdir -p "$work"
            "$@"
            echo "$status" >"$work/status"
            echo "${body:-null}" >"$work/answer"
        ) &
    done
    wait
    asked="$times times at once: $*"
    statuses=$(cat "$work"/*/status | sort | xargs)
    bodies=$(jq --slurp --compact-output . "$work"/*/answer) || bodies='[]'
    rm -r "$work"/*/
}

# Expectations

json() { jq --raw-output "$1" <<<"$body" 2>/dev/null || true; }

holds() { jq --exit-status --argjson status "$status" "$1" <<<"$body" >/dev/null 2>&1; }

expect_status() { [[ $status == "$1" ]] || complain "status $1"; }

expect_json() { holds "$1" || complain "$1"; }

# expect_header NAME REGULAR_EXPRESSION
expect_header() { grep --quiet --ignore-case --extended-regexp "^$1: $2"$'\r?$' "$work/headers" || complain "header $1: $2"; }

# expect_problem STATUS CODE: an error as RFC 9457 has it.
expect_problem() {
    expect_status "$1"
    expect_header Content-Type 'application/problem\+json.*'
    expect_json ".status == $1 and .type == \"/problems/$2\" and ([.title, .detail, .traceId] | all(type == \"string\" and . != \"\"))"
}

# expect_invalid MEMBER: a 400 that names the member.
expect_invalid() {
    expect_problem 400 validation
    expect_json ".errors | keys | any(. == \"$1\" or endswith(\".$1\"))"
}

# expect_same WHAT EXPECTED ACTUAL
expect_same() { [[ $2 == "$3" ]] || complain "$1: $2, not $3"; }

# Things to work with

# register NAME: a customer of that name, logged in from then on.
register() {
    local account='"email": "'$1-$run'@example.com", "password": "a password of '$1'"'
    post /users "{$account, \"name\": \"${1^}\"}"
    expect_status 201
    id[$1]=$(json .id)
    post /auth/login "{$account}"
    expect_status 200
    token[$1]=$(json .accessToken)
}

# list_product NAME PRICE STOCK: a new product, which Orders knows of, in $product.
list_product() {
    as admin post /products "{\"name\": \"$1\", \"category\": \"$category\", \"price\": $2, \"stockQuantity\": $3}"
    expect_status 201
    product=$(json .id)
    as admin await '.lines' put "/cart/items/$product" '{"quantity": 1}'
    as admin delete "/cart/items/$product"
}

# place_order USER PAYMENT_METHOD QUANTITY: of $product; its id in $order.
place_order() {
    as "$1" post /orders "{\"productId\": $product, \"quantity\": $3, \"paymentMethod\": \"$2\"}"
    expect_status 202
    order=$(json .id)
}

# await_outcome USER STATUS [REASON]: waits until $order is final, and expects that it has ended so.
await_outcome() {
    as "$1" await '.status == "CONFIRMED" or .status == "CANCELLED"' get "/orders/$order"
    expect_json ".status == \"$2\" and .reason == $(jq --null-input --arg reason "${3-}" 'if $reason == "" then null else $reason end')"
}

# expect_payment USER STATUS...: the payment of $order, the only one, has one of these.
expect_payment() {
    as "$1" get "/payments?orderId=$order"
    shift
    expect_json ".items | length == 1 and (.[0].status | IN($(printf '"%s"\n' "$@" | paste --serial --delimiters=,)))"
}

# A cancelled order has no payment, or one that failed or was refunded.
expect_no_money() {
    as "$1" get "/payments?orderId=$order"
    expect_status 200
    expect_json '.items | all(.status == "FAILED" or .status == "REFUNDED")'
}

expect_stock() {
    get "/products/$product"
    expect_json ".stockQuantity == $1"
}

# The items are in the order of their times, which have as many digits as they need.
expect_in_order() { expect_json '[.items[] | .at | sub("(Z|\\+00:00)$"; "")] | . == sort'; }

# expect_history USER EVENT...: $order's events are these, oldest first.
expect_history() {
    local user=$1
    shift
    as "$user" await "[.items[].name] == [$(printf '"%s"\n' "$@" | paste --serial --delimiters=,)]" get "/orders/$order/history"
}

# expect_history_of USER EVENT...: the same, where some of them happen side by side.
expect_history_of() {
    local user=$1
    shift
    local names
    names=$(printf '"%s"\n' "$@" | sort | paste --serial --delimiters=,)
    as "$user" await "([.items[].name] | sort) == [$names]" get "/orders/$order/history"
    expect_in_order
}
