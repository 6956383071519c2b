"""Chat templates in the styles that published models have, written for these tests."""

CHATML = """\
{%- if messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- else %}
    {{- '<|im_start|>system\\nYou answer briefly.<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if loop.first and message.role == 'system' %}{% continue %}{% endif %}
    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}
"""

HEADERS = """\
{{- bos_token }}
{%- set ns = namespace(system='', first=0) %}
{%- if messages[0]['role'] == 'system' %}
    {%- set ns.system = messages[0]['content']|trim %}
    {%- set ns.first = 1 %}
{%- endif %}
{%- if ns.system or tools is not none %}
    {{- '<|header|>system<|end_header|>\\n\\n' + ns.system }}
    {%- if tools is not none %}
        {{- '\\n\\nTools:' }}
        {%- for tool in tools %}
            {{- '\\n' + tool | tojson(indent=2) }}
        {%- endfor %}
    {%- endif %}
    {{- '<|end_turn|>' }}
{%- endif %}
{%- for message in messages[ns.first:] %}
    {{- '<|header|>' ~ message['role'] ~ '<|end_header|>\\n\\n' }}
    {%- if message['content'] is string %}
        {{- message['content'] | trim }}
    {%- else %}
        {%- for block in message['content'] if block.type == 'text' %}{{ block.text | trim }}{% endfor %}
    {%- endif %}
    {{- '<|end_turn|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|header|>assistant<|end_header|>\\n\\n' }}
{%- endif %}
"""

INST = """\
{{ bos_token }}{% for message in messages %}
{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
{{ raise_exception('Turns of user and assistant must alternate, beginning with the user') }}
{% endif %}
{% if message['role'] == 'user' %}
{{ '[INST] ' + message['content'] + ' [/INST]' }}
{% elif message['role'] == 'assistant' %}
{{ ' ' + message['content'] + eos_token }}
{% else %}
{{ raise_exception('Only the roles user and assistant are known') }}
{% endif %}
{% endfor %}
"""

TURNS = """\
{{ bos_token }}
{% if messages[0]['role'] == 'system' %}{{ raise_exception('There is no system role') }}{% endif %}
{% for message in messages %}
{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}
{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}
{% endfor %}
{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}
"""

TOOLS = """\
{%- macro describe(schema, depth) %}
    {%- for name, value in schema.properties.items() %}
        {{- '\\n' + '  ' * depth + name + ': ' + (value.type | string) }}
        {%- if value.enum %}{{ ' in ' + value.enum | tojson }}{% endif %}
        {%- if name in (schema.required or []) %}{{ ' (needed)' }}{% endif %}
        {{- '  # ' ~ value.description }}
    {%- endfor %}
{%- endmacro %}
{%- if tools %}
    {{- '<|im_start|>tools' }}
    {%- for tool in tools | map(attribute='function') %}
        {{- '\\n' + tool.name + ': ' + tool.description + describe(tool.parameters, 1) }}
    {%- endfor %}
    {{- '<|im_end|>\\n' }}
{%- endif %}
{%- for document in documents or [] %}
    {{- 'Document ' ~ loop.index ~ ' of ' ~ loop.length ~ ': ' ~ document.title ~ '\\n' ~ document.text ~ '\\n' }}
{%- endfor %}
{%- for message in messages %}
    {{- '<|im_start|>' ~ message.role ~ '\\n' }}
    {%- if message.reasoning_content %}{{ '<think>' + message.reasoning_content + '</think>' }}{% endif %}
    {%- if message.content is defined %}{{ message.content }}{% endif %}
    {%- for call in message.tool_calls or [] %}
        {{- '<tool_call>' ~ {'name': call.function.name, 'arguments': call.function.arguments} | tojson }}
        {{- '</tool_call>' }}
    {%- endfor %}
    {{- '<|im_end|>' }}
{%- endfor %}
"""

GENERATION = """\
{% for message in messages %}
{% if message.role == 'assistant' %}
<|im_start|>assistant
{% generation %}{{ message.content }}<|im_end|>{% endgeneration %}

{% else %}
<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endif %}
{% endfor %}
"""

STYLES = {"chatml": CHATML, "headers": HEADERS, "inst": INST, "turns": TURNS, "tools": TOOLS, "generation": GENERATION}
CONTROL_TOKENS = [
    "<|im_start|>", "<|im_end|>", "<|header|>", "<|end_header|>", "<|end_turn|>", "<start_of_turn>", "<end_of_turn>",
    "<s>", "</s>",
]  # fmt: skip
