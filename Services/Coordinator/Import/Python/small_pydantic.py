"""What stands in for pydantic where it is not installed: fields with defaults and simple types, and nothing else of it."""

import json

MISSING = object()
SIMPLE = {"float": float, "int": int, "str": str, "bool": bool}


class FieldInfo:
    def __init__(self, default=MISSING, *, default_factory=None, annotation=None, **bounds):
        self.default, self.default_factory, self.annotation = default, default_factory, annotation
        self.metadata = [type("Bound", (), {name: value}) for name, value in bounds.items() if name in ("ge", "gt", "le", "lt")]

    def is_required(self):
        return (self.default is MISSING or self.default is ...) and self.default_factory is None

    def get_default(self, call_default_factory=False):
        return self.default_factory() if self.default_factory else None if self.default is MISSING else self.default


def Field(default=MISSING, **options):
    return FieldInfo(default, **options)


def ConfigDict(**options):
    return options


def decorator(*_, **__):
    return lambda function: function


field_validator = model_validator = field_serializer = model_serializer = validator = root_validator = decorator


def computed_field(function=None, **_):
    return function if function is not None else lambda inner: inner


class ValidationError(ValueError):
    pass


class BaseModel:
    model_fields = {}

    def __init_subclass__(cls, **_):
        fields = dict(cls.model_fields)
        for name, annotation in cls.__dict__.get("__annotations__", {}).items():
            if name.startswith("_") or name == "model_config":
                continue
            given = cls.__dict__.get(name, MISSING)
            field = given if isinstance(given, FieldInfo) else FieldInfo(given)
            field.annotation = annotation
            fields[name] = field
            if name in cls.__dict__:
                delattr(cls, name)
        cls.model_fields = fields

    def __init__(self, **values):
        for name, field in type(self).model_fields.items():
            if name in values:
                value = values.pop(name)
            elif field.is_required():
                raise ValidationError(f"{type(self).__name__}: field {name} is missing")
            else:
                value = field.get_default()
            kind = field.annotation if isinstance(field.annotation, str) else getattr(field.annotation, "__name__", "")
            if kind in SIMPLE and value is not None and not isinstance(value, SIMPLE[kind]):
                try:
                    value = SIMPLE[kind](value)
                except (TypeError, ValueError):
                    raise ValidationError(f"{type(self).__name__}: field {name} is no {kind}") from None
            setattr(self, name, value)
        for name, value in values.items():
            setattr(self, name, value)

    @classmethod
    def model_validate(cls, value):
        return value if isinstance(value, cls) else cls(**value)

    def model_dump(self, **_):
        def plain(value):
            if isinstance(value, BaseModel):
                return value.model_dump()
            if isinstance(value, dict):
                return {key: plain(item) for key, item in value.items()}
            return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value

        return {name: plain(value) for name, value in vars(self).items()}

    def model_dump_json(self, **_):
        return json.dumps(self.model_dump())

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"
