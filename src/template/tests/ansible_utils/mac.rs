//! `mac`: whether text is a MAC address.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.mac",
    aliases: &[],
    summary: "Whether text is a MAC address",
    params: &[],
    examples: &[
        ("{{ '52:54:00:ab:cd:ef' is ansible.utils.mac }}", "True"),
        ("{{ '5254.00ab.cdef' is ansible.utils.mac }}", "True"),
        ("{{ '525400abcdef' is ansible.utils.mac }}", "True"),
        ("{{ '52-54-00-ab-cd-ef' is ansible.utils.mac }}", "True"),
        ("{{ '5254:00ab:cdef' is ansible.utils.mac }}", "False"),
        ("{{ 'x' is ansible.utils.mac }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        let text = call.input_text();
        let forms = ["xx:xx:xx:xx:xx:xx", "xx-xx-xx-xx-xx-xx", "xxxx.xxxx.xxxx", "xxxxxxxxxxxx"];
        Ok(forms.iter().any(|form| {
            form.len() == text.len()
                && form.bytes().zip(text.bytes()).all(|(wanted, found)| match wanted {
                    b'x' => found.is_ascii_hexdigit(),
                    other => other == found,
                })
        }))
    },
};
