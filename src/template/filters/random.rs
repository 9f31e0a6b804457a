//! `random`: an item by chance, or a number below another.

use num_bigint::{BigInt, Sign};

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "random",
    aliases: &[],
    summary: "An item or a number by chance; the same for the same seed",
    params: &["start", "step", "seed"],
    examples: &[
        (
            "{{ 10 | random(seed='x') }} {{ ['a', 'b', 'c', 'd'] | random(seed='web1') }} {{ 100 | random(1, 10, seed='a') }}",
            "5 c 41",
        ),
        (
            "{{ 9999999999999999999999999999999999999 | random(seed='x') }} {{ (10 ** 30) | random(5, 7, seed=7) }} {{ 18446744073709551616 | random(seed='h') }}",
            "6383070122351552584162255965685239251 83660521528713185713204424077 4651562664315854805",
        ),
        ("{{ 59 | random(seed='host1.example.org') }} {{ [1,2,3] | random(seed=7) }}", "18 2"),
        (
            "{{ {} | random }}",
            "The filter plugin 'ansible.builtin.random' failed: Cannot choose from an empty sequence",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let mut random = crate::template::random::Random::seeded(call.some(2));
        if let Some(end) = call.value.as_int() {
            let (start, step) = (call.int(0, 0)?, call.int(1, 1)?);
            if step == 0 {
                return Err("zero step for randrange()".into());
            }
            let width = i128::from(end) - i128::from(start);
            let step_wide = i128::from(step);
            let count = (width + step_wide - step_wide.signum()) / step_wide;
            let Some(count) = u64::try_from(count).ok().filter(|count| *count > 0) else {
                return Err(match step {
                    1 => format!("empty range for randrange() ({start}, {end}, {width})").into(),
                    _ => "empty range for randrange()".into(),
                });
            };
            let number = i64::try_from(random.below(count)).unwrap_or(0);
            return Ok(Value::Int(start + step * number));
        }
        if let Value::BigInt(end) = &call.value {
            let (start, step) = (call.int(0, 0)?, call.int(1, 1)?);
            if step == 0 {
                return Err("zero step for randrange()".into());
            }
            let count = (end.as_ref() - start + step - step.signum()) / step;
            if count.sign() != Sign::Plus {
                return Err("empty range for randrange()".into());
            }
            let number = random.below_big(count.magnitude());
            return Ok((BigInt::from(number) * step + start).into());
        }
        if call.some(0).is_some() || call.some(1).is_some() {
            return Err("start and step can only be used with integer values".into());
        }
        let items = match &call.value {
            Value::None | Value::Float(_) | Value::Bool(_) => {
                return Err("random can only be used on sequences and integers".into());
            }
            _ => call.items()?,
        };
        if items.is_empty() {
            return Err("Cannot choose from an empty sequence".into());
        }
        let at = usize::try_from(random.below(items.len() as u64)).unwrap_or(0);
        // Python takes what lies under the number.
        match &call.value {
            Value::Dict(dict) => {
                dict.get_value(&Value::from(at)).cloned().ok_or_else(|| at.to_string().into())
            }
            _ => Ok(items[at].clone()),
        }
    },
};
